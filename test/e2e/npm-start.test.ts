import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { processesOf } from '../support/machine/processes.ts';

describe('npm start', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    await removeFolder(folder);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends the daemon too when it is sent %s', async (signal) => {
    const npm = spawn('npm', ['start', '--', 'serve', ...daemonFlags(folder)], {
      cwd: join(import.meta.dirname, '..', '..'),
      env: { PATH: process.env['PATH'], HOME: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    for await (const line of createInterface({ input: npm.stderr })) if (line.includes('"msg":"found ')) break;
    npm.stderr.resume();
    const daemons = () => [...processesOf(folder).values()].filter((command) => command.includes('dist/cli.js'));
    expect(daemons()).not.toEqual([]);

    npm.kill(signal);
    await once(npm, 'exit');
    await eventually('the end of the daemon', () => daemons().length === 0);
  });
});
