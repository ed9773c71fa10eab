import { type Command, Option } from 'commander';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** The options that say how a command reaches an exporter; null for those that were not given. Files are given by their paths. */
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

type AccessKey = keyof AccessOptions;

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

/** Adds the options that every command for a running exporter has. */
export function addAccessOptions(command: Command): Command {
  for (const key of KEYS) {
    const [flag, placeholder, description] = OPTIONS[key];
    const fallback = key === 'url' ? `, default ${DEFAULT_URL}` : '';
    const note = `${description} (env ${variableOf(key)}${fallback})`;
    command.addOption(new Option(`--${flag} <${placeholder}>`, note));
  }
  return command;
}

/** Reads the options from flags and environment. Throws a {@link UsageError} if they are invalid. */
export function readAccessOptions(command: Command, { env }: Terminal): AccessOptions {
  const flags = command.opts<Partial<Record<AccessKey, string>>>();
  const given = (key: AccessKey) => flags[key] || env[variableOf(key)] || null;
  const options: AccessOptions = {
    url: readUrl(flags.url ? '--url' : 'environment variable TMUX_EXPORTER_URL', given('url') ?? DEFAULT_URL),
    tokenFile: given('tokenFile'),
    user: given('user'),
    passwordFile: given('passwordFile'),
    caFile: given('caFile'),
    certFile: given('certFile'),
    keyFile: given('keyFile'),
  };
  mustBeTogether(options, 'user', 'passwordFile');
  mustBeTogether(options, 'certFile', 'keyFile');
  return options;
}

/** The flags that reach the same exporter. A URL with a password stays in the environment: all users can read the arguments of a process. */
export function accessFlags(options: AccessOptions): string[] {
  return KEYS.flatMap((key) => {
    const value = key === 'url' ? shownUrl(options.url) : options[key];
    if (value === null || (key === 'url' && hasLogin(options.url))) return [];
    return [`--${OPTIONS[key][0]}=${value}`];
  });
}

/** The URL without user and password, for people. */
export function shownUrl(url: string): string {
  if (url.startsWith('unix:')) return url;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  return shown.href.replace(/\/$/, '');
}

function hasLogin(url: string): boolean {
  return new URL(url).username !== '';
}

function readUrl(source: string, url: string): string {
  if (/^unix:\/[^\0]*[^\0/]$/.test(url)) return url;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new UsageError(
    `${source}: expected a URL such as ${DEFAULT_URL} or unix:/run/tmux-exporter.sock, found ${JSON.stringify(url)}`,
  );
}

function mustBeTogether(options: AccessOptions, one: AccessKey, other: AccessKey): void {
  if ((options[one] === null) === (options[other] === null)) return;
  const [given, missing] = options[one] === null ? [other, one] : [one, other];
  throw new UsageError(`--${OPTIONS[given][0]}: expected --${OPTIONS[missing][0]} with it, found none`);
}

function variableOf(key: AccessKey): string {
  return `TMUX_EXPORTER_${OPTIONS[key][0].replace('-', '_').toUpperCase()}`;
}
