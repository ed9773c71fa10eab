import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Machine } from '../../../src/core/model/machine.ts';
import { PRESENT } from './store.ts';

/** Schemas of the databases in `fixtures/`, each written by the last version that had it. */
export const OLDER_SCHEMAS = [2, 3];

/** Writes the database of an older version as that version left it on a machine, with the sockets of its servers in a folder. */
export function writeOlderStore(path: string, schema: number, sockets: string, machine: Machine = PRESENT): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fixture = readFileSync(join(import.meta.dirname, '..', 'fixtures', `schema-${schema}.sql`), 'utf8');
  const sql = fixture
    .replaceAll('/tmp/tmux-1000', sockets)
    .replaceAll('boot-1', machine.bootId ?? '')
    .replaceAll('id-1', machine.machineId ?? 'unknown')
    .replaceAll("'machine'", `'${machine.host}'`)
    .replaceAll('"host":"machine"', `"host":"${machine.host}"`);
  const database = new DatabaseSync(path);
  database.exec(sql);
  if (machine.machineId === null) database.exec("DELETE FROM meta WHERE key = 'machine_id'");
  database.close();
  writeFileSync(`${path}.complete`, '');
}
