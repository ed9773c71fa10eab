import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { isRunning, processLife } from '../support/machine/process-life.ts';

const RUN = fileURLToPath(new URL('own-folder-run.ts', import.meta.url));

describe('A benchmark', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'leaves no tmux server and no file behind if %s ends it',
    async (name) => {
      const run = spawn(process.execPath, [RUN], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exit = once(run, 'exit');
      const [line] = (await once(createInterface({ input: run.stdout }), 'line')) as [string];
      const { pid, folder } = JSON.parse(line) as { pid: number; folder: string };
      const server = processLife(pid);
      expect([isRunning(server), existsSync(folder)]).toEqual([true, true]);

      run.kill(name);

      expect(await exit).toEqual([128 + constants.signals[name], null]);
      expect([isRunning(server), existsSync(folder)]).toEqual([false, false]);
    },
  );
});
