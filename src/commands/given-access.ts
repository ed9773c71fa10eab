import { nearest } from '../config/nearest.ts';
import { hasLogin, shownUrl, splitUrls } from '../core/exporter-url.ts';
import {
  ACCESS_KEYS,
  type AccessFlags,
  type AccessKey,
  CLIENT_FILE,
  flagOf,
  readUrl,
  variableOf,
} from './access-options.ts';
import { UsageError } from './usage-error.ts';

/** A value of an option, and whether a flag or the environment gave it. An empty value means none. */
export interface GivenValue {
  readonly value: string;
  readonly isFlag: boolean;
}

type OtherKey = Exclude<AccessKey, 'url'>;

/** What flags and environment say of an exporter. */
export interface GivenAccess {
  readonly url: string;
  readonly options: Readonly<Partial<Record<OtherKey, GivenValue>>>;
}

type Env = Readonly<Record<string, string | undefined>>;

const OTHER_KEYS = ACCESS_KEYS.filter((key): key is OtherKey => key !== 'url');

const VARIABLES: readonly string[] = [CLIENT_FILE.variable, ...ACCESS_KEYS.map(variableOf)];

/** Throws a {@link UsageError} for a misspelt variable of access. It would be ignored, and the command would reach another exporter. */
export function refuseMisspeltVariables(env: Env): void {
  for (const name of Object.keys(env)) {
    if (!name.startsWith('TMUX_EXPORTER_') || VARIABLES.includes(name)) continue;
    const meant = nearest(name, VARIABLES);
    if (meant !== null) throw new UsageError(`environment variable ${name}: unknown variable, did you mean ${meant}?`);
  }
}

/** What names the URLs, for messages. */
export function urlSource({ url }: AccessFlags, env: Env): string {
  if (url !== undefined) return flagOf('url');
  return env[variableOf('url')] ? `environment variable ${variableOf('url')}` : 'the client configuration file';
}

/** Reads the URLs that flags or the environment name; null if they name none. Throws a {@link UsageError}. */
export function readUrls(flags: AccessFlags, env: Env): readonly string[] | null {
  const source = urlSource(flags, env);
  const given = flags.url ?? [env[variableOf('url')] ?? ''].filter((text) => text !== '');
  if (given.length === 0) return null;
  const urls = given.flatMap(splitUrls).map((url) => readUrl(source, url));
  const shown = urls.map(shownUrl);
  const repeated = shown.find((url, index) => shown.indexOf(url) < index);
  if (repeated !== undefined) throw new UsageError(`${source}: expected each exporter once, found ${repeated} again`);
  return urls;
}

/** Reads what flags and environment say of each exporter. Throws a {@link UsageError}. */
export function readGiven(urls: readonly string[], flags: AccessFlags, env: Env): readonly GivenAccess[] {
  const values = new Map(OTHER_KEYS.map((key) => [key, valuesOf(key, urls, flags, env)]));
  return urls.map((url, index) => {
    const given = OTHER_KEYS.flatMap((key) => {
      const value = values.get(key)?.[index];
      return value === undefined ? [] : [[key, value] as const];
    });
    return { url, options: Object.fromEntries(given) };
  });
}

/** The same as flags, without passwords: all users can read the arguments of a process. A URL of the file finds its password there; if one of the environment has a password, all stay there. */
export function givenFlags(given: readonly GivenAccess[], areUrlsOfFile: boolean): string[] {
  const isHidden = !areUrlsOfFile && given.some(({ url }) => hasLogin(url));
  const urls = isHidden ? [] : given.map(({ url }) => shownUrl(url));
  const others = OTHER_KEYS.flatMap((key) => {
    const values = given.map(({ options }) => options[key]?.value ?? '');
    if (values.every((value) => value === '')) return [];
    return (new Set(values).size === 1 ? values.slice(0, 1) : values).map((value) => `${flagOf(key)}=${value}`);
  });
  return [...urls.map((url) => `${flagOf('url')}=${url}`), ...others];
}

/** The values of an option, one for each URL. */
function valuesOf(
  key: OtherKey,
  urls: readonly string[],
  flags: AccessFlags,
  env: Env,
): readonly (GivenValue | undefined)[] {
  const given = flags[key] ?? [];
  if (given.some((value) => value !== '')) return oneForEach(urls, given, flagOf(key)).map(givenBy(true));
  const text = env[variableOf(key)] ?? '';
  if (text === '') return [];
  const source = `environment variable ${variableOf(key)}`;
  const named = splitUrls(env[variableOf('url')] ?? '');
  // For a single exporter the variable holds one value: a path may have commas in it.
  const values = urls.length > 1 || named.length > 1 ? text.split(',') : [text];
  if (values.length === 1 || values.length !== named.length)
    return oneForEach(urls, values, source).map(givenBy(false));
  // Its items belong to the URLs of the environment, of which --url may choose some.
  const hrefs = named.map((url) => URL.parse(url)?.href);
  return urls.map((url) => {
    const value = values[hrefs.indexOf(URL.parse(url)?.href)];
    return value === undefined ? undefined : { value, isFlag: false };
  });
}

function givenBy(isFlag: boolean): (value: string) => GivenValue {
  return (value) => ({ value, isFlag });
}

function oneForEach(urls: readonly string[], values: readonly string[], source: string): readonly string[] {
  if (values.length === urls.length) return values;
  if (values.length === 1) return urls.map(() => values[0] ?? '');
  const expected = urls.length === 1 ? 'one' : `one for all exporters, or one for each of the ${urls.length}`;
  throw new UsageError(`${source}: expected ${expected}, found ${values.length}`);
}
