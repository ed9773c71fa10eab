import type { DatabaseSync } from 'node:sqlite';
import type { KeptMachine } from '../core/model/machine.ts';

/** Why the database of another program is not used. */
export const OTHER_PROGRAM = 'it is the database of another program';

/** Whether a database has tables, but not ours. */
export function isOtherProgram(database: DatabaseSync): boolean {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const names = tables.map(({ name }) => name);
  return names.length > 0 && !['meta', 'events', 'servers', 'tombstones'].every((name) => names.includes(name));
}

/** Reads which machine wrote a database of ours; null if it is still empty. An older version stored the host name only in its events. */
export function readOwner(database: DatabaseSync): KeptMachine | null {
  const meta = (key: string) => textOf(database.prepare('SELECT value FROM meta WHERE key = ?').get(key)?.['value']);
  const newest =
    "SELECT CAST(json ->> 'host' AS TEXT) AS host FROM events WHERE json_valid(json) ORDER BY seq DESC LIMIT 1";
  const host = meta('host') ?? textOf(database.prepare(newest).get()?.['host']);
  const bootId = meta('boot_id');
  return host === null && bootId === null ? null : { host, machineId: meta('machine_id'), bootId };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** The warning about a database if it is unknown whether this machine wrote it. */
export function strangerText(path: string, owner: KeptMachine | null): string {
  return `${path} was written under the host name ${owner?.host ?? 'unknown'} in another boot: its events are kept, but deaths of its servers are not reported. Give each machine its own --storage.path`;
}

/** Why a database that another machine wrote is not used, and how to fix it. */
export function otherMachineText(path: string, owner: KeptMachine | null): string {
  return `${path} was written by the tmux-exporter of another machine (${owner?.host ?? 'unknown'}): give each machine its own --storage.path; if that machine is gone, remove the file`;
}
