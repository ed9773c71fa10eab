import { readdirSync } from 'node:fs';
import type { CleanerDanger } from '../../core/death/hazard.ts';
import { readText } from '../kernel/text-file.ts';
import { matchesPath } from './path-glob.ts';

const CRON_FOLDERS = ['/etc/cron.hourly', '/etc/cron.daily', '/etc/cron.weekly'];

/** Finds out whether tmpreaper or tmpwatch would delete a socket; null if neither would. Both keep sockets unless they run with `--all`. */
export function findReaper(root: string, socket: string): CleanerDanger | null {
  return tmpreaperOf(root, socket) ?? tmpwatchOf(root, socket);
}

/** Checks Debian's tmpreaper: /etc/cron.daily runs it with the settings of /etc/tmpreaper.conf, a shell fragment. */
function tmpreaperOf(root: string, socket: string): CleanerDanger | null {
  const rule = '/etc/tmpreaper.conf';
  const text = readText(`${root}${rule}`);
  if (text === null || readText(`${root}/etc/cron.daily/tmpreaper`) === null) return null;
  const values = shellAssignments(text);
  const value = (name: string): string => values.get(name) ?? '';
  if (value('SHOWWARNING') === 'true' || !isAll(wordsOf(value('TMPREAPER_ADDITIONALOPTIONS')))) return null;
  const isProtected = wordsOf(value('TMPREAPER_PROTECT_EXTRA')).some((glob) => covers(glob, socket));
  const folder = wordsOf(value('TMPREAPER_DIRS') || '/tmp/.')
    .map(plainFolder)
    .find((place) => isBelow(socket, place));
  return folder === undefined || isProtected ? null : { cleaner: 'tmpreaper', rule, folder, socket };
}

/** Checks Red Hat's tmpwatch: cron scripts run it, with its folders as last arguments. */
function tmpwatchOf(root: string, socket: string): CleanerDanger | null {
  for (const rule of cronScripts(root)) {
    const text = (readText(`${root}${rule}`) ?? '').replace(/\\\n/g, ' ').replace(/^\s*#.*$/gm, '');
    const flags = wordsOf(shellAssignments(text).get('flags') ?? '');
    for (const [, command = ''] of text.matchAll(/\btmpwatch\b([^\n;|&]*)/g)) {
      const words = wordsOf(command.replace(/["']?\$\{?flags\}?["']?/, flags.join(' ')));
      const folder =
        isAll(words) && !isExcluded(words, socket)
          ? words.map(plainFolder).findLast((word) => isBelow(socket, word))
          : undefined;
      if (folder !== undefined) return { cleaner: 'tmpwatch', rule, folder, socket };
    }
  }
  return null;
}

function cronScripts(root: string): string[] {
  return CRON_FOLDERS.flatMap((folder) => {
    try {
      return readdirSync(root + folder).map((name) => `${folder}/${name}`);
    } catch {
      return [];
    }
  });
}

function isAll(words: readonly string[]): boolean {
  return words.some((word) => word === '--all' || /^-[A-Za-z]*a[A-Za-z]*$/.test(word));
}

/** `-x PATH`, `--exclude=PATH` and `-X GLOB`, `--exclude-pattern=GLOB`. */
function isExcluded(words: readonly string[], socket: string): boolean {
  const excluded = words.flatMap((word, index) => {
    if (word === '-x' || word === '-X') return [words[index + 1] ?? ''];
    return /^--exclude(?:-pattern)?=(.*)$/.exec(word)?.slice(1) ?? [];
  });
  return excluded.some((glob) => covers(glob, socket));
}

/** Whether a glob matches a path or a folder above it. */
function covers(glob: string, path: string): boolean {
  const depth = plainFolder(glob).split('/').length;
  return glob.startsWith('/') && matchesPath(plainFolder(glob), path.split('/').slice(0, depth).join('/'));
}

function isBelow(path: string, folder: string): boolean {
  return folder.startsWith('/') && path.startsWith(`${folder}/`);
}

function plainFolder(path: string): string {
  return path.replace(/\/\.?$/, '');
}

function shellAssignments(text: string): ReadonlyMap<string, string> {
  const found = text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]+)=(?:'([^']*)'|"([^"]*)"|(\S*))/gm);
  return new Map([...found].map(([, name = '', single, double, bare]) => [name, single ?? double ?? bare ?? '']));
}

function wordsOf(text: string): string[] {
  return text
    .split(/\s+/)
    .map((word) => word.replace(/^(["'])(.*)\1$/, '$2'))
    .filter((word) => word !== '');
}
