import { type Command, Option } from 'commander';
import { DEFAULT_URL, EXPORTER_URL_RULE, isExporterUrl } from '../core/exporter-url.ts';
import { UsageError } from './usage-error.ts';

/** The options that say how a command reaches one exporter; null for those that were not given. Files are given by their paths. */
export interface AccessOptions {
  readonly url: string;
  readonly tokenFile: string | null;
  readonly user: string | null;
  readonly passwordFile: string | null;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

export type AccessKey = keyof AccessOptions;

/** The flag, placeholder and description of each option. */
const OPTIONS: Readonly<Record<AccessKey, readonly [flag: string, placeholder: string, description: string]>> = {
  url: ['url', 'url', 'where the exporter listens: http://, https:// or unix:/path'],
  tokenFile: ['token-file', 'path', "a file with a bearer token; on this machine the exporter's own is found"],
  user: ['user', 'name', 'the user of a login with a password'],
  passwordFile: ['password-file', 'path', 'a file with the password'],
  caFile: ['ca-file', 'path', 'the authorities that the certificate of the exporter may be from'],
  certFile: ['cert-file', 'path', 'a client certificate'],
  keyFile: ['key-file', 'path', 'the key of the client certificate'],
};

export const ACCESS_KEYS = Object.keys(OPTIONS) as AccessKey[];

/** The flag and the variable that name the client configuration file. */
export const CLIENT_FILE = { flag: '--client-file', variable: 'TMUX_EXPORTER_CLIENT_FILE' } as const;

/** The flags of these options: each can be repeated, except that of the file. */
export type AccessFlags = Partial<Record<AccessKey, readonly string[]>> & { readonly clientFile?: string };

/** How many exporters a command speaks to. */
export type Exporters = 'one' | 'several';

const SEVERAL_HELP = `
To follow several exporters, repeat --url, or separate URLs by commas. Give each
other option of access once for all of them, or once for each --url in the same
order; an empty one means none.`;

const FILE_NOTE = `a file with the exporters and how to log in to them (env ${CLIENT_FILE.variable}, default ~/.config/tmux-exporter/client.yml)`;

/** Adds the options that every command for running exporters has. */
export function addAccessOptions(command: Command, exporters: Exporters): Command {
  for (const key of ACCESS_KEYS) {
    const [, placeholder, description] = OPTIONS[key];
    const repeatable = key === 'url' && exporters === 'several' ? 'repeatable; ' : '';
    const fallback = key === 'url' ? `, default ${DEFAULT_URL}` : '';
    const note = `${description} (${repeatable}env ${variableOf(key)}${fallback})`;
    command.addOption(new Option(`${flagOf(key)} <${placeholder}>`, note).argParser(collect));
  }
  command.option(`${CLIENT_FILE.flag} <path>`, FILE_NOTE);
  return exporters === 'several' ? command.addHelpText('after', SEVERAL_HELP) : command;
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Reads a URL that `source` gave. Throws a {@link UsageError}. */
export function readUrl(source: string, url: string): string {
  if (isExporterUrl(url)) return url;
  throw new UsageError(`${source}: expected ${EXPORTER_URL_RULE}, found ${JSON.stringify(withoutLogin(url))}`);
}

/** A text that is no URL, without what may be its user and password. */
function withoutLogin(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/is, '$1…@');
}

/** The flag of an option. */
export function flagOf(key: AccessKey): string {
  return `--${OPTIONS[key][0]}`;
}

/** The environment variable of an option. */
export function variableOf(key: AccessKey): string {
  return `TMUX_EXPORTER_${OPTIONS[key][0].replace('-', '_').toUpperCase()}`;
}
