import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hostLabel, type Machine } from '../core/model/machine.ts';
import type { Environment } from './environment.ts';

/** The machine that the daemon runs on. */
export function machineOf({ hostname: host, machineId, bootId }: Environment): Machine {
  return { host, machineId, bootId };
}

/** The folder of this program in the user's state folder. Machines may share it; an older version kept its state directly in it. */
export function programFolder({ stateHome }: Environment): string {
  return join(stateHome, 'tmux-exporter');
}

/** The folder for the state of this machine. Machines can share a home folder, but not servers, pids or boots. */
export function machineFolder(environment: Environment): string {
  const label = hostLabel(environment.hostname)
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .slice(0, 40);
  return join(programFolder(environment), `${label || 'host'}${suffixOf(environment)}`);
}

/** State folders with this machine id and another host name: of this machine before it was renamed, or of a clone. */
export function renamedFolders(environment: Environment): string[] {
  const folder = programFolder(environment);
  const suffix = suffixOf(environment);
  const own = machineFolder(environment);
  return namesIn(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(folder, name))
    .filter((path) => path !== own);
}

/** A hash, because the machine id itself must not be shown (machine-id(5)). */
function suffixOf({ machineId }: Environment): string {
  return `-${createHash('sha256').update(`tmux-exporter ${machineId}`).digest('hex').slice(0, 8)}`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
