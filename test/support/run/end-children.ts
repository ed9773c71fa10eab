import { afterAll } from '@jest/globals';
import { leftoversOf } from '../machine/leftovers.ts';
import { madeFolders } from '../machine/private-folder.ts';
import { childrenOf, processLife, signal } from '../machine/process-life.ts';

/**
 * A test that fails can leave its processes running, be they children of ours or servers that went on by themselves. Then the next
 * file would meet them, and their pipes would keep the runner from ending.
 */
afterAll(async () => {
  for (const pid of descendantsOf(process.pid)) signal(processLife(pid), 'SIGKILL');
  const leftovers = madeFolders.size > 0 ? await leftoversOf(...madeFolders) : [];
  for (const { pid } of leftovers) signal(processLife(pid), 'SIGKILL');
  if (leftovers.length === 0) return;
  throw new Error(
    `the tests left processes behind:\n${leftovers.map(({ pid, command }) => `${pid} ${command}`).join('\n')}`,
  );
});

/** All below a process, found before any of them ends: an orphan is no longer below us. */
function descendantsOf(pid: number): readonly number[] {
  return childrenOf(pid).flatMap((child) => [...descendantsOf(child), child]);
}
