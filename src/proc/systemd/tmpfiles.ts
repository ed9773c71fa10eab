import { readConfigFolder } from './config-files.ts';
import { matchesPath } from './path-glob.ts';

/** A line of a tmpfiles.d file, reduced to what cleaning needs (tmpfiles.d(5)). */
export interface TmpfilesRule {
  /** The letter: `d`, `q`, `e`, `x`, `X` and so on. */
  readonly type: string;
  readonly path: string;
  /** Such as `10d`; null if it cleans nothing. */
  readonly age: string | null;
  /** The file that contains it. */
  readonly file: string;
}

/** A folder that systemd-tmpfiles cleans, and the file with the rule. */
export interface CleanedFolder {
  readonly folder: string;
  readonly file: string;
}

/** Reads the rules of all tmpfiles.d folders that apply while the machine runs, in order of priority. */
export function readTmpfilesRules(root: string): readonly TmpfilesRule[] {
  return readConfigFolder(root, 'tmpfiles.d').flatMap(({ path, text }) => parseTmpfiles(text, path));
}

/** Parses a tmpfiles.d file. Lines with `!` apply only at boot and are skipped. */
export function parseTmpfiles(text: string, file: string): readonly TmpfilesRule[] {
  return text.split('\n').flatMap((line) => {
    const [kind = '', path = '', , , , age = '-'] = wordsOf(line);
    const type = kind.charAt(0);
    if (!/[A-Za-z]/.test(type) || (!path.startsWith('/') && !path.startsWith('%')) || kind.includes('!')) return [];
    return [{ type, path: expanded(path), age: age === '-' || age === '' ? null : age, file }];
  });
}

/** Finds the folder whose cleaning would delete `path` once it is old; null if no rule cleans there, or another rule exempts the path. */
export function cleanedFolderOf(path: string, rules: readonly TmpfilesRule[]): CleanedFolder | null {
  const applied = rules.filter(isFirstOfItsPath);
  const places = ancestorsOf(path);
  for (const folder of places.slice(0, -1)) {
    const met = places.slice(places.indexOf(folder) + 1);
    const cleaning = applied.find((rule) => names(rule, folder) && reaches(ageOf(rule, applied), met));
    const isExempt = met.some((place) => applied.some((rule) => names(rule, place)));
    if (cleaning && !isExempt) return { folder, file: cleaning.file };
  }
  return null;
}

/** Types whose path is a shell glob. */
const GLOB_TYPES = 'wexXrRmzZtThHaA';
/** Types of folders with an age, which `X` inherits. */
const FOLDER_TYPES = 'dDvqQ';

/** Whether a rule names exactly this path. Every rule exempts its path, and everything below, from the cleaning of a folder above. */
function names({ type, path }: TmpfilesRule, place: string): boolean {
  return GLOB_TYPES.includes(type) ? matchesPath(path, place) : path === place;
}

/** Whether cleaning with that age reaches the last of `places`. An age with `~` spares the direct entries of the folder. */
function reaches(age: string | null, places: readonly string[]): boolean {
  return age !== null && !(age.startsWith('~') && places.length === 1);
}

/** The age with which a rule cleans. `X` exempts only its path: the entries below are cleaned with the age of the folder above. */
function ageOf(rule: TmpfilesRule, rules: readonly TmpfilesRule[]): string | null {
  if (rule.type !== 'X' || rule.age !== null) return rule.age;
  const above = ancestorsOf(rule.path).reverse();
  const inherited = above.map((place) => rules.find(({ type, path }) => FOLDER_TYPES.includes(type) && path === place));
  return inherited.find((found) => found !== undefined)?.age ?? null;
}

/** Whether a rule counts: of two rules without a glob for the same path only the first does. */
function isFirstOfItsPath(rule: TmpfilesRule, index: number, rules: readonly TmpfilesRule[]): boolean {
  if (GLOB_TYPES.includes(rule.type)) return true;
  return rules.findIndex(({ type, path }) => path === rule.path && !GLOB_TYPES.includes(type)) === index;
}

/** `/a`, `/a/b`, `/a/b/c` of `/a/b/c`. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/').slice(1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** Expands specifiers. One that depends on the boot or the host becomes `*`: better exempt too much than warn without reason. */
function expanded(path: string): string {
  const meanings: Readonly<Record<string, string>> = {
    '%': '%',
    T: '/tmp',
    V: '/var/tmp',
    t: '/run',
    S: '/var/lib',
    C: '/var/cache',
    L: '/var/log',
  };
  return path.replace(/%(.)/g, (_, letter: string) => meanings[letter] ?? '*').replace(/(?<=.)\/+$/, '');
}

function wordsOf(line: string): string[] {
  if (line.trimStart().startsWith('#')) return [];
  return [...line.matchAll(/"((?:\\.|[^"\\])*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}
