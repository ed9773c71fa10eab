import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { leftoversOf } from '../machine/leftovers.ts';

/** After the last test: whatever still runs is ended, by its exact pid, and is an error. */
export default async function end(): Promise<void> {
  const leftovers = await leftoversOf(tmpdir());
  for (const { pid } of leftovers) process.kill(pid, 'SIGKILL');
  rmSync(tmpdir(), { recursive: true, force: true, maxRetries: 3 });
  if (leftovers.length === 0) return;
  throw new Error(
    `the tests left processes behind:\n${leftovers.map(({ pid, command }) => `${pid} ${command}`).join('\n')}`,
  );
}
