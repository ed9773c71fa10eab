import { binaryAccess } from './binary/binary-access.ts';
import { type BinaryEnd, clientEnvironment, runTmuxBinary } from './binary/binary-client.ts';
import { probeSocket } from './probe.ts';
import { type CommandEnd, createProtocolClient } from './protocol/client.ts';
import { SPEAKS_PROTOCOL } from './protocol/frame.ts';
import type { HeldSocket, OwnUid } from './protocol/held-socket.ts';
import type { Ask } from './query/server-query.ts';

/** Which client asks servers: our own, the tmux binary, or our own with the binary for servers that it does not understand. */
export type ClientChoice = 'auto' | 'protocol' | 'binary';

/** What {@link createAsking} needs. */
export interface AskingOptions {
  readonly client: ClientChoice;
  /** Name or path of the tmux binary. */
  readonly binary: string;
  /** Our own environment variables. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly ownUid: OwnUid;
  /** Our own pid. */
  readonly pid: number;
  readonly timeoutMs: number;
  /** The executable of the server that listens on a path, such as `/proc/42/exe`: a client that matches it. Null if it is not known. */
  readonly executableOf: (socket: string) => string | null;
  /** Called when the server of a socket is about to be asked by a tmux client: no watch can be held on it. */
  readonly onBinary?: (socket: string) => void;
  /** Called after each command that reached a server, or for which a client was to be run, with how it ended. */
  readonly onCommand?: (command: string, end: CommandEnd | BinaryEnd) => void;
}

/** Gives the way to ask the server of one socket. */
export type Asking = (socket: string, held: HeldSocket) => Ask;

/** Creates the one way in which servers are asked: by our own client, and by a tmux client only if a server speaks another version of the protocol. */
export function createAsking(options: AskingOptions): Asking {
  const { client, pid, timeoutMs, onCommand } = options;
  const run = createProtocolClient({ pid, timeoutMs });
  return (socket, held) => {
    let needsBinary = client === 'binary' || (client === 'auto' && !SPEAKS_PROTOCOL);
    return async (command) => {
      let end: CommandEnd | BinaryEnd | null = needsBinary ? null : await run(held.path, command);
      if (end === null || (end.kind === 'other_version' && client === 'auto')) {
        needsBinary = true;
        end = await runBinary(options, socket, held, command);
      }
      if (end.kind !== 'not_connected') onCommand?.(command[0] ?? '', end);
      return end;
    };
  };
}

async function runBinary(
  { binary, variables, ownUid, timeoutMs, executableOf, onBinary }: AskingOptions,
  socket: string,
  held: HeldSocket,
  command: readonly string[],
): Promise<CommandEnd | BinaryEnd> {
  const connect = await probeSocket(held.path);
  if (connect !== 'accepted') return { kind: 'not_connected', connect };
  onBinary?.(socket);
  const access = await binaryAccess(socket, held.uid, ownUid);
  if (access.kind === 'refused') return { kind: 'not_started', message: access.message };
  const { identity } = access;
  // As another user nothing of ours is of use to it.
  const environment = identity === null ? clientEnvironment(variables) : { PATH: variables['PATH'] ?? '/usr/bin:/bin' };
  const run = { socket: access.socket, command, identity, environment, timeoutMs };
  const matching = executableOf(socket);
  const end = matching === null ? null : await runTmuxBinary({ ...run, binary: matching });
  return end === null || end.kind === 'not_started' ? runTmuxBinary({ ...run, binary }) : end;
}
