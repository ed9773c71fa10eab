import { readConfigFolder } from './config-files.ts';
import { matchesPath } from './path-glob.ts';

/** A line of a tmpfiles.d file that matters to cleaning (tmpfiles.d(5)). */
export interface TmpfilesRule {
  /** The letter: `d`, `q`, `e`, `x`, `X` and so on. */
  readonly type: string;
  readonly path: string;
  /** Such as `10d`; null where nothing is cleaned. */
  readonly age: string | null;
  /** The file it stands in. */
  readonly file: string;
}

/** A folder that systemd-tmpfiles cleans, and by which file. */
export interface CleanedFolder {
  readonly folder: string;
  readonly file: string;
}

/** Reads the rules of all tmpfiles.d folders that hold while the machine runs, in the order in which they count. */
export function readTmpfilesRules(root: string): readonly TmpfilesRule[] {
  return readConfigFolder(root, 'tmpfiles.d').flatMap(({ path, text }) => parseTmpfiles(text, path));
}

/** Reads the text of a tmpfiles.d file. Lines with `!` hold at boot alone and are left out. */
export function parseTmpfiles(text: string, file: string): readonly TmpfilesRule[] {
  return text.split('\n').flatMap((line) => {
    const [kind = '', path = '', , , , age = '-'] = wordsOf(line);
    const type = kind.charAt(0);
    if (!/[A-Za-z]/.test(type) || (!path.startsWith('/') && !path.startsWith('%')) || kind.includes('!')) return [];
    return [{ type, path: expanded(path), age: age === '-' || age === '' ? null : age, file }];
  });
}

/** The folder as part of which systemd-tmpfiles meets `path`, once it is old; null where no rule cleans there, or another one exempts it. */
export function cleanedFolderOf(path: string, rules: readonly TmpfilesRule[]): CleanedFolder | null {
  const applied = rules.filter(isFirstOfItsPath);
  const places = ancestorsOf(path);
  for (const folder of places.slice(0, -1)) {
    const met = places.slice(places.indexOf(folder) + 1);
    const cleaning = applied.find((rule) => stands(rule, folder) && meets(ageOf(rule, applied), met));
    const isExempt = met.some((place) => applied.some((rule) => stands(rule, place)));
    if (cleaning && !isExempt) return { folder, file: cleaning.file };
  }
  return null;
}

/** Types whose path is a shell glob. */
const GLOB_TYPES = 'wexXrRmzZtThHaA';
/** Types of folders that have an age, from which `X` inherits its own. */
const FOLDER_TYPES = 'dDvqQ';

/** Whether a rule is about this very path: every rule exempts its path, with all below, from the cleaning of a folder above. */
function stands({ type, path }: TmpfilesRule, place: string): boolean {
  return GLOB_TYPES.includes(type) ? matchesPath(path, place) : path === place;
}

/** Whether cleaning with that age reaches the last of the places met on the way: an age with `~` spares what lies directly in the folder. */
function meets(age: string | null, places: readonly string[]): boolean {
  return age !== null && !(age.startsWith('~') && places.length === 1);
}

/** `X` exempts its path alone: what lies in it is cleaned with the age of the folder above. */
function ageOf(rule: TmpfilesRule, rules: readonly TmpfilesRule[]): string | null {
  if (rule.type !== 'X' || rule.age !== null) return rule.age;
  const above = ancestorsOf(rule.path).reverse();
  const inherited = above.map((place) => rules.find(({ type, path }) => FOLDER_TYPES.includes(type) && path === place));
  return inherited.find((found) => found !== undefined)?.age ?? null;
}

/** Of two rules without a glob for one path the first counts. */
function isFirstOfItsPath(rule: TmpfilesRule, index: number, rules: readonly TmpfilesRule[]): boolean {
  if (GLOB_TYPES.includes(rule.type)) return true;
  return rules.findIndex(({ type, path }) => path === rule.path && !GLOB_TYPES.includes(type)) === index;
}

/** `/a`, `/a/b`, `/a/b/c` of `/a/b/c`. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/').slice(1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** A specifier that depends on the boot or the host can stand for anything: rather exempt too much than warn in vain. */
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
