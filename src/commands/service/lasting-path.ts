import { delimiter, isAbsolute, resolve } from 'node:path';
import type { Command } from 'commander';
import { ACCESS_KEYS, CLIENT_FILE, flagOf, variableOf } from '../access-options.ts';

/** Folders that package managers put before the PATH of a script: they belong to a checkout, not to the machine. */
const OF_PACKAGE_MANAGERS = /(^|\/)(node_modules\/\.bin|node-gyp-bin)\/?$/;

/** Reduces a PATH to what a service can rely on: each absolute folder once, without those of a package manager. */
export function lastingPath(path: string): string {
  const lasting = path.split(delimiter).filter((folder) => isAbsolute(folder) && !OF_PACKAGE_MANAGERS.test(folder));
  return [...new Set(lasting)].join(delimiter);
}

const ACCESS_FILES = ACCESS_KEYS.filter((key) => key.endsWith('File'));

/** The flags that take the path of a file. Other flags refuse relative paths. */
const FILE_FLAGS: readonly string[] = [
  '--config.file',
  '--web.config.file',
  CLIENT_FILE.flag,
  ...ACCESS_FILES.map(flagOf),
];

/** The flag that takes the name or the path of a program. */
const PROGRAM_FLAG = '--tmux.binary';

/** Makes the paths in the flags of `command` absolute: a service runs in another folder. */
export function lastingFlags(flags: readonly string[], { options }: Command): string[] {
  const lasting: string[] = [];
  for (let index = 0; index < flags.length; index++) {
    const word = flags[index] ?? '';
    const [name = '', value] = partsOf(word);
    const option = options.find(({ long }) => long === name);
    // From here on it is the program that the watch runs, with its arguments.
    if (option === undefined) return [...lasting, lastingProgram(word), ...flags.slice(index + 1)];
    if (value !== null) lasting.push(`${name}=${lastingValue(name, value)}`);
    else if (option.required) lasting.push(word, lastingValue(name, flags[++index] ?? ''));
    else lasting.push(word);
  }
  return lasting;
}

function partsOf(word: string): readonly [name: string, value: string | null] {
  const equals = word.indexOf('=');
  return equals < 0 ? [word, null] : [word.slice(0, equals), word.slice(equals + 1)];
}

function lastingValue(flag: string, value: string): string {
  if (flag === PROGRAM_FLAG) return lastingProgram(value);
  return FILE_FLAGS.includes(flag) ? lastingFile(value) : value;
}

function lastingFile(path: string): string {
  return path === '' ? '' : resolve(path);
}

/** A name without a slash is looked for in PATH. */
function lastingProgram(program: string): string {
  return program.includes('/') ? resolve(program) : program;
}

const FILE_VARIABLES: readonly string[] = ['TMUX_TMPDIR', CLIENT_FILE.variable];
const FILES_VARIABLES = ACCESS_FILES.map(variableOf);

/** Makes the paths in an environment variable absolute. `isList` says whether a variable of access holds one value for each exporter. */
export function lastingVariable(name: string, value: string, isList: boolean): string {
  if (name === 'PATH') return lastingPath(value);
  if (FILES_VARIABLES.includes(name) && isList) return value.split(',').map(lastingFile).join(',');
  return FILE_VARIABLES.includes(name) || FILES_VARIABLES.includes(name) ? lastingFile(value) : value;
}
