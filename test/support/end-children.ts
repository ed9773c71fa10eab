import { existsSync } from 'node:fs';
import { afterAll } from '@jest/globals';
import { childrenOf, processLife, signal } from './process-life.ts';

/** A test that fails can leave its processes running: then the next file would meet them, and their pipes would keep the runner from ending. */
afterAll(() => {
  if (!existsSync('/proc/self/task')) return;
  for (const pid of childrenOf(process.pid)) signal(processLife(pid), 'SIGKILL');
});
