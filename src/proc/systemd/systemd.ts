import { existsSync } from 'node:fs';
import type { SystemdUnit } from '../../core/model/containment.ts';
import { answerOf, type RunCommand } from '../command/command.ts';
import { parseAssignments } from '../kernel/text-file.ts';
import { groupOf } from './account.ts';

/** Access to systemd's command-line tools. */
export interface SystemdAccess {
  readonly run: RunCommand;
  /** Our own uid; null if the platform has none. */
  readonly ownUid: number | null;
  /** Put before every path, for tests. */
  readonly root: string;
}

/** The properties of a unit; null if systemd gives no value. */
export interface UnitProperties {
  readonly result: string | null;
  readonly oomPolicy: string | null;
  /** The id of the invocation that they describe. */
  readonly invocation: string | null;
  /** Whether a stop job for it is running. */
  readonly stopping: boolean;
}

/** Whether the machine was booted with systemd (sd_booted(3)). */
export function isSystemd(root: string): boolean {
  return existsSync(`${root}/run/systemd/system`);
}

/** Asks the manager of a unit for its state; null if the unit is unknown, or we may not ask. */
export async function askUnit(access: SystemdAccess, unit: SystemdUnit): Promise<UnitProperties | null> {
  const properties = ['LoadState', 'Result', 'OOMPolicy', 'InvocationID', 'Job'];
  const text = await askManager(access, unit, ['show', `--property=${properties.join(',')}`, '--', unit.name]);
  if (text === null) return null;
  const values = parseAssignments(text);
  // For an unknown unit, systemd prints defaults such as "Result=success".
  if (values.get('LoadState') === 'not-found') return null;
  const given = (name: string): string | null => values.get(name) || null;
  return {
    result: given('Result'),
    oomPolicy: given('OOMPolicy'),
    invocation: given('InvocationID'),
    stopping: given('Job') !== null && (await isStopping(access, unit)),
  };
}

/** Whether the machine is shutting down, according to systemd. */
export async function isShuttingDown({ run, root }: SystemdAccess): Promise<boolean> {
  if (!isSystemd(root)) return false;
  const text = await answerOf(run, 'systemctl', ['show', '--property=SystemState']);
  return text !== null && parseAssignments(text).get('SystemState') === 'stopping';
}

async function isStopping(access: SystemdAccess, unit: SystemdUnit): Promise<boolean> {
  const text = await askManager(access, unit, ['list-jobs', '--no-legend', '--', unit.name]);
  return text !== null && /^\s*\d+ \S+ +(?:stop|restart) /m.test(text);
}

async function askManager(access: SystemdAccess, unit: SystemdUnit, words: readonly string[]): Promise<string | null> {
  const prefix = unit.manager === 'system' ? [] : userManagerPrefix(access, unit.uid);
  if (!isSystemd(access.root) || prefix === null) return null;
  const [file = 'systemctl', ...args] = [
    ...prefix,
    'systemctl',
    ...(unit.manager === 'user' ? ['--user'] : []),
    ...words,
  ];
  return answerOf(access.run, file, args);
}

/** The command prefix to ask the manager of a user: it must be asked as that user. `--machine=user@` would log the user in, and so start a manager that has just ended. Null if it cannot be asked. */
function userManagerPrefix({ ownUid, root }: SystemdAccess, uid: number | null): readonly string[] | null {
  const folder = `/run/user/${uid}`;
  if (uid === null || !existsSync(`${root}${folder}/systemd/private`)) return null;
  const environment = ['env', `XDG_RUNTIME_DIR=${folder}`];
  if (uid === ownUid) return environment;
  // The folder is the user's, and so are the groups of the files in it.
  const gid = ownUid === 0 ? groupOf(root, uid) : null;
  return gid === null ? null : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...environment];
}
