import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isStopped, livenessOf, markTmuxProcess } from '../../../src/proc/process/process-reading.ts';
import { readStat } from '../../../src/proc/process/process-stat.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { inState, processLife } from '../../support/machine/process-life.ts';
import { statLine } from '../support/stat-line.ts';

function exists(): void {}

function isMissing(): void {
  throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
}

function isForeign(): void {
  throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
}

describe('a process of a made-up /proc', () => {
  let root = '';

  beforeEach(async () => {
    root = await makePrivateFolder();
    await mkdir(join(root, '123'));
  });

  afterEach(() => removeFolder(root));

  async function stat(command: string, state?: string, start?: string): Promise<void> {
    await writeFile(join(root, '123', 'stat'), statLine(command, state, start));
  }

  const mark = { pid: 123, start: '777' };

  it.each([
    ['sleeping', 'S', 'alive'],
    ['running', 'R', 'alive'],
    ['waiting for a disk', 'D', 'alive'],
    ['stopped', 'T', 'alive'],
    ['a zombie', 'Z', 'dead'],
    ['ending', 'X', 'dead'],
  ])('that is %s is told as %s: %s', async (_, state, liveness) => {
    await stat('tmux: server', state);

    expect(livenessOf(root, mark, exists)).toBe(liveness);
  });

  it('is dead if its pid has become another process', async () => {
    await stat('tmux: server', 'S', '778');

    expect(livenessOf(root, mark, exists)).toBe('dead');
  });

  it.each([
    ['dead where its pid does not exist', isMissing, 'dead'],
    ['unknown where its pid exists and /proc hides it', exists, 'unknown'],
    ['unknown where its pid is somebody else’s and /proc hides it', isForeign, 'unknown'],
  ])('is %s', (_, signalZero, liveness) => {
    expect(livenessOf(root, { pid: 999, start: '777' }, signalZero)).toBe(liveness);
  });

  it('has a mark if it is a tmux process', async () => {
    await stat('tmux: server');

    expect(markTmuxProcess(root, 123)).toEqual(mark);
  });

  it.each(['postgres', 'tmux: client'])(
    'has no mark if it is %s that has the pid in our namespace',
    async (command) => {
      await stat(command);

      expect(markTmuxProcess(root, 123)).toBeNull();
    },
  );

  it.each([
    ['tmux.linux-amd6', '/opt/tmux.linux-amd64', mark],
    ['tmux-3.5a-amd64', '/opt/tmux-3.5a-amd64', mark],
    ['tmux 3.3a', '/opt/tmux 3.3a static build', mark],
    ['mux: server (q)', '/opt/mux', mark],
    ['mux: client (q)', '/opt/mux', null],
    ['tmux', '/opt/tmux', null],
    ['tmux.linux-amd6', '/usr/bin/sleep', null],
    ['systemd-timesyn', '/usr/lib/systemd/systemd-timesyncd', null],
  ])('with the name %s of the program %s has the mark %j', async (command, program, marked) => {
    await stat(command);
    await symlink(program, join(root, '123', 'exe'));

    expect(markTmuxProcess(root, 123)).toEqual(marked);
  });

  it('is recognised by its first argument, however many gigabytes of arguments it has', async () => {
    await stat('tmux-next:');
    await writeFile(join(root, '123', 'cmdline'), '/opt/tmux-next\0');
    await truncate(join(root, '123', 'cmdline'), 3 * 1024 ** 3);

    expect(markTmuxProcess(root, 123)).toEqual(mark);
  });

  it('has no mark if there is no such process', () => {
    expect(markTmuxProcess(root, 999)).toBeNull();
  });

  it.each([
    ['T', '777', true],
    ['t', '777', true],
    ['S', '777', false],
    ['T', '778', false],
  ])('in the state %s with the start time %s is stopped: %s', async (state, start, stopped) => {
    await stat('tmux: server', state, start);

    expect(isStopped(root, mark)).toBe(stopped);
  });
});

describe('a process of the real /proc', () => {
  const signalZero = (pid: number) => void process.kill(pid, 0);

  it('is alive, stopped, alive and dead as it is', async () => {
    const child = spawn('sleep', ['60']);
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const mark = { pid, start: readStat('/proc', pid)?.startTime ?? '' };
    expect([livenessOf('/proc', mark, signalZero), isStopped('/proc', mark)]).toEqual(['alive', false]);

    child.kill('SIGSTOP');
    await inState(processLife(pid), 'T');
    expect([livenessOf('/proc', mark, signalZero), isStopped('/proc', mark)]).toEqual(['alive', true]);

    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(livenessOf('/proc', mark, signalZero)).toBe('dead');
  });

  it('is dead as soon as it is a zombie', async () => {
    // The shell becomes a program that never waits for the child that it has started.
    const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = await once(parent.stdout, 'data');
    const child = processLife(Number(String(line)));
    const mark = { pid: child.pid, start: child.start ?? '' };
    await inStateOfSleep(parent.pid ?? 0);

    process.kill(child.pid, 'SIGKILL');
    await inState(child, 'Z');

    expect(livenessOf('/proc', mark, signalZero)).toBe('dead');
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });

  /** Settles when the shell has become the program. */
  async function inStateOfSleep(pid: number): Promise<void> {
    await eventually(`process ${pid} to be sleep`, () => readStat('/proc', pid)?.command === 'sleep');
  }
});
