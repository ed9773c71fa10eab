import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hostLabel, type Machine } from '../core/model/machine.ts';
import type { Environment } from './environment.ts';

/** The machine that we run on. */
export function machineOf({ hostname: host, machineId, bootId }: Environment): Machine {
  return { host, machineId, bootId };
}

/** The folder of this program in the user's state folder. Machines may share it; an older version kept its state right in it. */
export function programFolder({ stateHome }: Environment): string {
  return join(stateHome, 'tmux-exporter');
}

/** Where this machine keeps its state: a home can be shared by machines, whose servers, pids and boots mean nothing to each other. */
export function machineFolder(environment: Environment): string {
  const label = hostLabel(environment.hostname)
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .slice(0, 40);
  return join(programFolder(environment), `${label || 'host'}${suffixOf(environment)}`);
}

/** Folders of machines with the same machine id: of this one under another host name, or of a clone. */
export function renamedFolders(environment: Environment): string[] {
  const folder = programFolder(environment);
  const suffix = suffixOf(environment);
  const own = machineFolder(environment);
  return namesIn(folder)
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(folder, name))
    .filter((path) => path !== own);
}

/** A machine id is not to be shown as it is (machine-id(5)). */
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
