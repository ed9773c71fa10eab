import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Claim } from '../../../src/follow/shell/folder-claim.ts';
import { ShellRoster } from '../../../src/follow/shell/shell-roster.ts';
import { Spool } from '../../../src/follow/shell/spool.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { notice } from '../support/samples.ts';

let folder: string;

beforeEach(async () => {
  folder = await makePrivateFolder();
});

afterEach(() => removeFolder(folder));

describe('Spool', () => {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');

  it('numbers its notices, also over a restart', () => {
    new Spool(folder).add(notice({ severity: 'critical', title: 'tmux server work crashed' }));
    new Spool(folder).add(notice());
    expect(read('newest')).toBe('2\n');
    expect(read('notices/1')).toMatch(/^critical \d\d:\d\d:\d\d tmux server work crashed\n$/);
  });

  it('keeps the newest hundred', () => {
    const spool = new Spool(folder);
    for (let count = 0; count < 130; count++) spool.add(notice());
    expect(
      readdirSync(join(folder, 'notices'))
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 100 }, (_, index) => index + 31));
  });
});

describe('ShellRoster', () => {
  const marks = new Map<number, string>();
  const starts = new Map<number, number>();
  const roster = () =>
    new ShellRoster(
      folder,
      (pid) => marks.get(pid) ?? null,
      (pid) => starts.get(pid) ?? null,
    );

  beforeEach(() => {
    marks.clear();
    starts.clear();
    for (const [pid, mark] of [
      [10, 'a'],
      [20, 'b'],
    ] as const) {
      marks.set(pid, mark);
      writeFileSync(join(folder, String(pid)), '');
    }
  });

  it('removes shells that have ended, and those whose pid is another process by now', () => {
    const shells = roster();
    expect(shells.sweep()).toBe(2);
    marks.delete(10);
    marks.set(20, 'c');
    expect(shells.sweep()).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('removes a registration that is older than the process of its pid, as after a reboot', () => {
    const registeredAt = Date.now();
    starts.set(10, registeredAt + 3_600_000).set(20, registeredAt - 3_600_000);
    expect(roster().sweep()).toBe(1);
    expect(readdirSync(folder)).toEqual(['20']);
  });

  it('counts no shell if its folder was removed', () => {
    rmSync(folder, { recursive: true });
    expect(roster().sweep()).toBe(0);
  });

  it('wakes the shells that wait at a FIFO, and no others', () => {
    const path = join(folder, '30');
    execFileSync('sh', ['-c', 'mkfifo "$0"', path]);
    marks.set(30, 'd');
    const fifo = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    roster().wake();
    expect(readSync(fifo, Buffer.alloc(8))).toBe(1);
    closeSync(fifo);
    roster().wake();
    expect(readFileSync(join(folder, '10'), 'utf8')).toBe('');
  });
});

describe('Claim', () => {
  const marks = new Map([
    [1, 'a'],
    [2, 'b'],
  ]);
  const claim = (pid: number) => new Claim(join(folder, 'follower'), pid, (asked) => marks.get(asked) ?? null);

  it('is one process’s until it gives it up', () => {
    const [first, second] = [claim(1), claim(2)];
    expect([first.take(), second.take()]).toEqual([true, false]);
    expect(readFileSync(join(folder, 'follower'), 'utf8')).toBe('1 a\n');
    second.release();
    expect(first.isOurs).toBe(true);
    first.release();
    expect(existsSync(join(folder, 'follower'))).toBe(false);
    expect(second.take()).toBe(true);
  });

  it.each(['9 gone\n', '1 other\n', ''])('of a process that is no more is free: %j', (text) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'follower'), text);
    expect(claim(2).take()).toBe(true);
  });
});
