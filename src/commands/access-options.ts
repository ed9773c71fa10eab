import { type Command, Option } from 'commander';
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

/** The URL of an exporter with default options. */
export const DEFAULT_URL = 'http://127.0.0.1:8689';

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

const KEYS = Object.keys(OPTIONS) as AccessKey[];

/** The flags of these options: each can be repeated. */
export type AccessFlags = Partial<Record<AccessKey, readonly string[]>>;

/** How many exporters a command speaks to. */
export type Exporters = 'one' | 'several';

const SEVERAL_HELP = `
To follow several exporters, repeat --url, or separate URLs by commas. Give each
other option of access once for all of them, or once for each --url in the same
order; an empty one means none.`;

/** Adds the options that every command for running exporters has. */
export function addAccessOptions(command: Command, exporters: Exporters): Command {
  for (const key of KEYS) {
    const [, placeholder, description] = OPTIONS[key];
    const repeatable = key === 'url' && exporters === 'several' ? 'repeatable; ' : '';
    const fallback = key === 'url' ? `, default ${DEFAULT_URL}` : '';
    const note = `${description} (${repeatable}env ${variableOf(key)}${fallback})`;
    command.addOption(new Option(`${flagOf(key)} <${placeholder}>`, note).argParser(collect));
  }
  return exporters === 'several' ? command.addHelpText('after', SEVERAL_HELP) : command;
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** The flags that reach the same exporters. URLs stay in the environment if one has a password: all users can read the arguments of a process. */
export function accessFlags(exporters: readonly AccessOptions[]): string[] {
  return KEYS.flatMap((key) => {
    if (key === 'url' && exporters.some(hasLogin)) return [];
    const values = exporters.map((exporter) => (key === 'url' ? shownUrl(exporter.url) : (exporter[key] ?? '')));
    if (values.every((value) => value === '')) return [];
    const isOneForAll = key !== 'url' && new Set(values).size === 1;
    return (isOneForAll ? values.slice(0, 1) : values).map((value) => `${flagOf(key)}=${value}`);
  });
}

/** Whether the URL has a user, and so perhaps a password. */
export function hasLogin({ url }: AccessOptions): boolean {
  return new URL(url).username !== '';
}

/** The URL without user and password, for people. */
export function shownUrl(url: string): string {
  if (url.startsWith('unix:')) return url;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href.replace(/\/$/, '');
}

/** Reads a URL that `source` gave. Throws a {@link UsageError}. */
export function readUrl(source: string, url: string): string {
  if (/^unix:\/[^\0]*[^\0/]$/.test(url)) return url;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new UsageError(
    `${source}: expected a URL such as ${DEFAULT_URL} or unix:/run/tmux-exporter.sock, found ${JSON.stringify(withoutLogin(url))}`,
  );
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
