import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Home } from '../../docker/demo/home.ts';

describe('The folder of a demo', () => {
  const homes: Home[] = [];
  const children: ChildProcess[] = [];

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    for (const home of homes.splice(0)) await home.remove();
  });

  /** A demo that was killed as it started a program. */
  async function killedDemo(): Promise<{ home: Home; program: ChildProcess }> {
    const home = Home.create();
    homes.push(home);
    const program = spawn('sleep', ['60'], {
      env: { PATH: process.env['PATH'], ...home.environment },
      stdio: 'ignore',
    });
    children.push(program);
    await once(program, 'spawn');
    return { home, program };
  }

  it('ends a program with it that the demo had no time to note, and none of another demo', async () => {
    const [killed, other] = [await killedDemo(), await killedDemo()];
    const exit = once(killed.program, 'exit');

    await killed.home.remove();
    await exit;

    expect(existsSync(killed.home.folder)).toBe(false);
    expect([other.program.exitCode, other.program.signalCode]).toEqual([null, null]);
  });
});
