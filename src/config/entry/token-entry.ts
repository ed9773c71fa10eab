import * as z from 'zod';
import { SCOPES, type Scope } from '../../core/scope.ts';
import { absolutePath, choice, filledListOf, type Kind, orNull } from '../kind/kind.ts';
import { type ConfigOf, option, schemaOf } from '../kind/option.ts';

/** The options of an entry of `web.tokens`. */
export const TOKEN = {
  file: option(orNull(absolutePath), {
    default: null,
    example: '/etc/tmux-exporter/prometheus-token',
    description:
      'A file of mode 0600 or 0640 that holds a token of at least 16 characters, or one on each line. It is read again at each login. Required.',
    secret: 'in_file',
  }),
  scopes: option(filledListOf(choice('scope', SCOPES)), {
    default: ['read'],
    description:
      'What the token allows: read for metrics, events and the API; write to change servers, deliver dead letters again and reload; alerts for POST /api/v1/alerts.',
  }),
};

/** A file with tokens, and what the tokens allow. */
export interface TokenEntry {
  readonly file: string;
  readonly scopes: readonly Scope[];
}

const entry = schemaOf(TOKEN).transform(({ file, scopes }: ConfigOf<typeof TOKEN>, context): TokenEntry => {
  if (file === null) context.addIssue({ code: 'custom', message: 'the path of a file', path: ['file'] });
  return { file: file ?? '', scopes };
});

/** The kind of the list of tokens. */
export const tokenList: Kind<readonly TokenEntry[], readonly unknown[]> = {
  schema: z.array(entry, { error: 'a list' }).readonly(),
  unit: '',
  form: 'list',
  placeholder: 'entry',
  values: 'mappings',
  read: (text) => text,
};
