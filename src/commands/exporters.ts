import type { Command } from 'commander';
import {
  type AccessFlags,
  type AccessKey,
  type AccessOptions,
  DEFAULT_URL,
  flagOf,
  readUrl,
  shownUrl,
  variableOf,
} from './access-options.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Reads how the exporters of a command are reached, from its flags and the environment. Throws a {@link UsageError}. */
export function readExporters(command: Command, terminal: Pick<Terminal, 'env'>): readonly AccessOptions[] {
  const flags = command.opts<AccessFlags>();
  const urls = readUrls(flags, terminal);
  const listOf = (key: AccessKey) => valuesOf(key, urls, flags, terminal);
  const [tokenFiles, users, passwordFiles] = [listOf('tokenFile'), listOf('user'), listOf('passwordFile')];
  const [caFiles, certFiles, keyFiles] = [listOf('caFile'), listOf('certFile'), listOf('keyFile')];
  return urls.map((url, index) => {
    const options = {
      url,
      tokenFile: tokenFiles[index] || null,
      user: users[index] || null,
      passwordFile: passwordFiles[index] || null,
      caFile: caFiles[index] || null,
      certFile: certFiles[index] || null,
      keyFile: keyFiles[index] || null,
    };
    mustBeTogether(options, 'user', 'passwordFile');
    mustBeTogether(options, 'certFile', 'keyFile');
    return options;
  });
}

/** Reads how the only exporter of a command is reached. Throws a {@link UsageError}, also if several are given. */
export function readExporter(command: Command, terminal: Pick<Terminal, 'env'>): AccessOptions {
  const [first, ...others] = readExporters(command, terminal);
  if (first !== undefined && others.length === 0) return first;
  const source = urlSource(command.opts<AccessFlags>());
  throw new UsageError(`${source}: expected one exporter, found ${others.length + 1}: choose one with --url`);
}

function urlSource(flags: AccessFlags): string {
  return urlFlag(flags) ? '--url' : `environment variable ${variableOf('url')}`;
}

function urlFlag({ url = [] }: AccessFlags): string {
  return url.join(',');
}

function readUrls(flags: AccessFlags, { env }: Pick<Terminal, 'env'>): readonly string[] {
  const source = urlSource(flags);
  const text = urlFlag(flags) || env[variableOf('url')] || DEFAULT_URL;
  const urls = text.split(',').map((url) => readUrl(source, url.trim()));
  const shown = urls.map(shownUrl);
  const repeated = shown.find((url, index) => shown.indexOf(url) < index);
  if (repeated !== undefined) throw new UsageError(`${source}: expected each exporter once, found ${repeated} again`);
  return urls;
}

/** The values of an option, one for each URL. */
function valuesOf(
  key: AccessKey,
  urls: readonly string[],
  flags: AccessFlags,
  { env }: Pick<Terminal, 'env'>,
): readonly (string | undefined)[] {
  const given = flags[key] ?? [];
  if (given.some((value) => value !== '')) return oneForEach(urls, given, flagOf(key));
  const source = `environment variable ${variableOf(key)}`;
  const named = (env[variableOf('url')] ?? '').split(',');
  // For a single exporter the variable holds one value: a path may have commas in it.
  const text = env[variableOf(key)] ?? '';
  const values = urls.length > 1 || named.length > 1 ? text.split(',') : [text];
  if (values.length === 1 || values.length !== named.length) return oneForEach(urls, values, source);
  // Its items belong to the URLs of the environment, of which --url may choose some.
  const hrefs = named.map((url) => URL.parse(url.trim())?.href);
  return urls.map((url) => values[hrefs.indexOf(URL.parse(url)?.href)]);
}

function oneForEach(urls: readonly string[], values: readonly string[], source: string): readonly string[] {
  if (values.length === urls.length) return values;
  if (values.length === 1) return urls.map(() => values[0] ?? '');
  const expected = urls.length === 1 ? 'one' : `one for all exporters, or one for each of the ${urls.length}`;
  throw new UsageError(`${source}: expected ${expected}, found ${values.length}`);
}

function mustBeTogether(options: AccessOptions, one: AccessKey, other: AccessKey): void {
  if ((options[one] === null) === (options[other] === null)) return;
  const [given, missing] = options[one] === null ? [other, one] : [one, other];
  throw new UsageError(`${flagOf(given)}: expected ${flagOf(missing)} with it, found none`);
}
