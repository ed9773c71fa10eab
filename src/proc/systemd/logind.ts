import { existsSync } from 'node:fs';
import { answerOf, type RunCommand } from '../command/command.ts';
import { parseAssignments, readText } from '../kernel/text-file.ts';
import { loginOf } from './account.ts';
import { readConfigFolder, readMainConfig } from './config-files.ts';

/** The settings that decide whose processes logind kills when a login session ends (logind.conf(5)). */
export interface LogindSettings {
  /** `KillUserProcesses=`; null if it is not set and its default is not known. */
  readonly killUserProcesses: boolean | null;
  /** Empty means all users. */
  readonly killOnlyUsers: readonly string[];
  readonly killExcludeUsers: readonly string[];
}

/** Reads logind's settings from its files, and asks logind for `KillUserProcesses=`, whose default differs between distributions. */
export async function readLogindSettings(root: string, run: RunCommand): Promise<LogindSettings> {
  const settings = readLogindConfig(root);
  const actual = existsSync(`${root}/run/systemd/system`) ? await askKillUserProcesses(run) : null;
  return actual === null ? settings : { ...settings, killUserProcesses: actual };
}

/** Reads the files of logind: the main file first, then those of `logind.conf.d`; the last assignment counts. */
export function readLogindConfig(root: string): LogindSettings {
  const main = readMainConfig(root, 'systemd/logind.conf') ?? '';
  const dropIns = readConfigFolder(root, 'systemd/logind.conf.d').map(({ text }) => text);
  return parseLogindConfigs([main, ...dropIns]);
}

/** Parses the texts of logind's files, in order of rising priority. A list is added to the previous one; an empty value clears it. */
export function parseLogindConfigs(texts: readonly string[]): LogindSettings {
  let settings: LogindSettings = { killUserProcesses: null, killOnlyUsers: [], killExcludeUsers: ['root'] };
  let isDefault = true;
  for (const [key, value] of texts.flatMap(loginAssignments)) {
    const { killUserProcesses, killOnlyUsers, killExcludeUsers } = settings;
    if (key === 'KillUserProcesses')
      settings = { ...settings, killUserProcesses: parseBoolean(value) ?? killUserProcesses };
    if (key === 'KillOnlyUsers') settings = { ...settings, killOnlyUsers: extended(killOnlyUsers, value) };
    if (key === 'KillExcludeUsers') {
      settings = { ...settings, killExcludeUsers: extended(isDefault ? [] : killExcludeUsers, value) };
      isDefault = false;
    }
  }
  return settings;
}

/** Whether logind kills a user's remaining processes when a login session ends; null if that is not known. Lingering does not help: it keeps the user's manager, not the scope of a session. */
export function killsSession(
  { killUserProcesses, killOnlyUsers, killExcludeUsers }: LogindSettings,
  user: string,
): boolean | null {
  if (killExcludeUsers.includes(user)) return false;
  if (killUserProcesses !== true) return killUserProcesses;
  return killOnlyUsers.length === 0 || killOnlyUsers.includes(user);
}

/** Whether the manager of a user outlives the user's logins; null if logind does not run. */
export function lingers(root: string, user: string): boolean | null {
  if (!existsSync(`${root}/run/systemd/users`)) return null;
  return existsSync(`${root}/var/lib/systemd/linger/${user}`);
}

/** Whether a login session has ended or is ending; null if logind does not run. */
export function hasSessionEnded(root: string, id: string): boolean | null {
  return hasEnded(`${root}/run/systemd/sessions`, id);
}

/** Whether the last login of a user has ended; null if logind does not run. */
export function hasUserLeft(root: string, uid: number): boolean | null {
  return hasEnded(`${root}/run/systemd/users`, String(uid));
}

/** The login name of a uid; null if only a directory service knows it. */
export function loginName(root: string, uid: number): string | null {
  const known = parseAssignments(readText(`${root}/run/systemd/users/${uid}`) ?? '').get('NAME');
  return known || loginOf(root, uid);
}

/** Asks logind for `KillUserProcesses=` only. It prints an unset KillExcludeUsers=, which means root, like an empty one. */
async function askKillUserProcesses(run: RunCommand): Promise<boolean | null> {
  // Without a user, `show-user` prints the properties of logind itself.
  const text = await answerOf(run, 'loginctl', ['show-user', '--property=KillUserProcesses']);
  return parseBoolean(parseAssignments(text ?? '').get('KillUserProcesses') ?? '');
}

/** Reads one of logind's files of sessions or users, as sd_session_get_state(3) and sd_uid_get_state(3) do. */
function hasEnded(folder: string, id: string): boolean | null {
  if (!existsSync(folder)) return null;
  const text = readText(`${folder}/${id}`);
  return text === null || parseAssignments(text).get('STATE') === 'closing';
}

function loginAssignments(text: string): [string, string][] {
  let section = '';
  const found: [string, string][] = [];
  for (const line of text.split('\n').map((raw) => raw.trim())) {
    section = /^\[(.*)\]$/.exec(line)?.[1] ?? section;
    const [, key, value] = /^([A-Za-z]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (section === 'Login' && key !== undefined && value !== undefined) found.push([key, value]);
  }
  return found;
}

/** Parses a boolean of systemd (systemd.syntax(7)). */
function parseBoolean(value: string): boolean | null {
  if (/^(?:1|yes|y|true|t|on)$/i.test(value)) return true;
  return /^(?:0|no|n|false|f|off)$/i.test(value) ? false : null;
}

function extended(list: readonly string[], value: string): readonly string[] {
  return value === '' ? [] : [...list, ...wordsOf(value)];
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
