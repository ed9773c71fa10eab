import * as z from 'zod';
import { isServerName, NAME_RULE } from '../../core/model/name.ts';
import { isSocketPath, SOCKET_RULE } from '../../core/model/socket-path.ts';
import { type Kind, listOf } from '../kind/kind.ts';

/** A tmux server named in the configuration: by the path of its socket, or by the name of a socket in the user's own socket directory, which is resolved later. */
export type ServerEntry =
  | {
      readonly kind: 'path';
      /** Null to name it after its socket. */
      readonly name: string | null;
      /** Absolute path. */
      readonly socket: string;
    }
  | { readonly kind: 'name'; readonly name: string };

interface RawServer {
  readonly name?: string | undefined;
  readonly socket?: string | undefined;
}

const NAME = `a server name: ${NAME_RULE}`;
const EITHER = 'a socket (an absolute path), or a name without "/" that is a socket in your own socket directory';

const server: Kind<ServerEntry, RawServer> = {
  schema: z
    .strictObject(
      {
        name: z.string({ error: NAME }).refine(isServerName, { error: NAME }).optional(),
        socket: z.string({ error: SOCKET_RULE }).refine(isSocketPath, { error: SOCKET_RULE }).optional(),
      },
      { error: 'a mapping with the keys name and socket' },
    )
    .transform((raw, context): ServerEntry => {
      const { name = null, socket } = raw;
      if (socket !== undefined) return { kind: 'path', name, socket };
      if (name !== null && !name.includes('/')) return { kind: 'name', name };
      context.addIssue({ code: 'custom', message: EITHER, path: name === null ? [] : ['name'] });
      return z.NEVER;
    }),
  unit: '',
  form: 'single',
  placeholder: 'server',
  values: 'NAME=/path, /path, or NAME of a socket in your own socket directory',
  read: readServer,
};

/** The kind of the list of servers. No name and no socket may occur in it twice. */
export const serverList: Kind<readonly ServerEntry[], readonly RawServer[]> = {
  ...listOf(server),
  schema: listOf(server).schema.superRefine((entries, context) => {
    for (const { path, key } of repeated(entries)) {
      context.addIssue({ code: 'custom', message: `a ${key} that no other server of the list has`, path });
    }
  }),
};

function readServer(text: string): RawServer {
  if (text.startsWith('/')) return { socket: text };
  const equals = text.indexOf('=');
  if (equals < 0) return { name: text };
  return { name: text.slice(0, equals), socket: text.slice(equals + 1) };
}

interface Repetition {
  readonly path: [number, string];
  readonly key: string;
}

function repeated(entries: readonly ServerEntry[]): Repetition[] {
  const seen = new Set<string>();
  return entries.flatMap((entry, index) =>
    identitiesOf(entry).flatMap(([key, value]): Repetition[] => {
      const identity = `${key} ${value}`;
      if (seen.has(identity)) return [{ path: [index, key], key }];
      seen.add(identity);
      return [];
    }),
  );
}

function identitiesOf(entry: ServerEntry): [string, string][] {
  const name: [string, string][] = entry.name === null ? [] : [['name', entry.name]];
  return entry.kind === 'path' ? [...name, ['socket', entry.socket]] : name;
}
