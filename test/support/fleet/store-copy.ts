import { chmod, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const STATE = 'state';

/** Copies the state folder of a stopped exporter, which lies in the folder of its sockets, to another folder of sockets. */
export async function copyState(from: string, to: string): Promise<void> {
  await cp(join(from, STATE), join(to, STATE), { recursive: true });
  await chmod(to, 0o700);
}

/** The same, as a clone of the whole disk: its files are as old as the first ones. */
export async function cloneState(from: string, to: string): Promise<void> {
  await copyState(from, to);
  const database = new DatabaseSync(join(to, STATE, 'journal.db'));
  database.exec("DELETE FROM meta WHERE key = 'born'");
  database.close();
}
