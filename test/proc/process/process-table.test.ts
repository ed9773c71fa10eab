import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readKernelUnits } from '../../../src/proc/kernel/kernel-units.ts';
import { ProcessTableReader, parseProcess } from '../../../src/proc/process/process-table.ts';
import { makeTree } from '../../support/machine/file-tree.ts';
import { withOpenFiles } from '../../support/machine/open-files.ts';
import { removeFolder } from '../../support/machine/private-folder.ts';

const UNITS = { ticksPerSecond: 100, pageBytes: 4096 };

/** A line of /proc/<pid>/stat of a process with parent 7, by default, and session 5. */
function statLine(pid: number, command: string, { state = 'S', start = 900, parent = 7 } = {}): string {
  return `${pid} (${command}) ${state} ${parent} 6 5 34817 5 4194304 1 2 3 4 11 22 33 44 20 0 9 0 ${start} 999 555 0 0\n`;
}

describe('parseProcess', () => {
  it('reads the identity and the usage of a process', () => {
    expect(parseProcess(12, statLine(12, 'sh'), UNITS)).toEqual({
      ...{ pid: 12, parent: 7, session: 5, start: 900, ownMs: 330, waitedMs: 770, threads: 9, isZombie: false },
    });
  });

  it('is not led astray by what a process calls itself', () => {
    const plain = parseProcess(12, statLine(12, 'sh'), UNITS);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (command) => {
        expect(parseProcess(12, statLine(12, command), UNITS)).toEqual(plain);
      }),
    );
    expect(parseProcess(12, statLine(12, 'a) Z 1 2 (b'), UNITS)).toEqual(plain);
  });

  it.each(['Z', 'X'])('takes the state %s for one that has ended', (state) => {
    expect(parseProcess(12, statLine(12, 'sh', { state }), UNITS).isZombie).toBe(true);
  });

  it('makes no process of what is no such line', () => {
    expect(() => parseProcess(12, '12 (sh) S 7', UNITS)).toThrow('expected a line of /proc/12/stat');
  });

  it('counts ticks of whatever length', () => {
    expect(parseProcess(12, statLine(12, 'sh'), { ...UNITS, ticksPerSecond: 250 })).toMatchObject({
      ownMs: 132,
      waitedMs: 308,
    });
  });
});

describe('A pass over a made-up /proc', () => {
  let root = '/nonexistent';

  afterEach(() => removeFolder(root));

  it('lists processes by age, whatever their pids, and nothing else', async () => {
    root = await makeTree({
      '/uptime': '12.34 5.00\n',
      '/30/stat': statLine(30, 'old', { start: 10 }),
      '/4/stat': statLine(4, 'young', { start: 30 }),
      '/100/stat': statLine(100, 'same age', { start: 30 }),
      '/sys/kernel': 'no process',
    });
    const { begunAt, processes, endedMeanwhile } = await new ProcessTableReader(UNITS, root).read();
    expect([...processes.keys()]).toEqual([30, 4, 100]);
    expect(begunAt).toBe(1234);
    expect(endedMeanwhile.size).toBe(0);
  });

  it('lists a parent first if pids began anew within a tick of the clock', async () => {
    root = await makeTree({
      '/uptime': '12.34 5.00\n',
      '/7/stat': statLine(7, 'server', { start: 10 }),
      '/300/stat': statLine(300, 'child', { parent: 32_767 }),
      '/301/stat': statLine(301, 'grandchild', { parent: 300 }),
      '/32767/stat': statLine(32_767, 'pane'),
    });
    const { processes } = await new ProcessTableReader(UNITS, root).read();
    expect([...processes.keys()]).toEqual([7, 32_767, 300, 301]);
  });

  it('makes a new process only of a line that has changed', async () => {
    root = await makeTree({
      '/uptime': '12.34 5.00\n',
      '/4/stat': statLine(4, 'asleep'),
      '/5/stat': statLine(5, 'busy'),
    });
    const reader = new ProcessTableReader(UNITS, root);
    const first = await reader.read();
    await writeFile(join(root, '5/stat'), statLine(5, 'busy', { state: 'Z' }));
    const second = await reader.read();

    expect(second.processes.get(4)).toBe(first.processes.get(4));
    expect(second.processes.get(5)).toEqual({ ...first.processes.get(5), isZombie: true });
  });

  it('reports those that were listed and then gone', async () => {
    root = await makeTree({ '/uptime': '1.00 1.00\n', '/30/stat': statLine(30, 'sh'), '/31/comm': 'ended' });
    expect((await new ProcessTableReader(UNITS, root).read()).endedMeanwhile).toEqual(new Set([31]));
  });

  it('fails completely if it cannot continue', async () => {
    root = await makeTree({ '/uptime': '1.00 1.00\n', '/30/stat/folder': 'not a file' });
    await expect(new ProcessTableReader(UNITS, root).read()).rejects.toThrow('EISDIR');
  });

  it('counts open files by listing them if the size of the folder is not their number', async () => {
    root = await makeTree({
      '/uptime': '1.00 1.00\n',
      '/30/stat': statLine(30, 'sh'),
      '/30/fd/0': '',
      '/30/fd/1': '',
      '/30/statm': '100 25 3 0 0 0 0\n',
    });
    const reader = new ProcessTableReader(UNITS, root);
    const { processes } = await reader.read();
    expect((await reader.readHoldings(processes.values())).get(30)).toEqual({ openFiles: 2, residentBytes: 25 * 4096 });
  });
});

describe('A pass over the real /proc', () => {
  const units = readKernelUnits('/proc');
  const onLinux = units ? it : it.skip;

  onLinux('counts in the units of getconf', () => {
    const getconf = (name: string) => Number(spawnSync('getconf', [name], { encoding: 'utf8' }).stdout);
    expect(units).toEqual({ ticksPerSecond: getconf('CLK_TCK'), pageBytes: getconf('PAGESIZE') });
  });

  onLinux('finds a process with its parent, its open files and its memory', async () => {
    const child = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
    child.stdin.write('ready');
    await once(child.stdout, 'data');
    const reader = new ProcessTableReader(units ?? UNITS);
    const { processes } = await reader.read();
    const found = processes.get(child.pid ?? 0);
    const holdings = (await reader.readHoldings(found ? [found] : [])).get(child.pid ?? 0);
    const openFiles = readdirSync(`/proc/${child.pid}/fd`).length;
    child.kill();
    await once(child, 'exit');
    expect(found).toMatchObject({ parent: process.pid, threads: 1, isZombie: false });
    expect(holdings).toEqual({ openFiles, residentBytes: expect.any(Number) });
  });

  onLinux('does not count open files by listing them if they are too many', async () => {
    const root = await makeTree({
      '/uptime': '1.00 1.00\n',
      '/30/stat': statLine(30, 'sh'),
      '/30/fd': { linkTo: `/proc/${process.pid}/fd` },
    });
    const reader = new ProcessTableReader(UNITS, root);
    const { processes } = await reader.read();
    const holdings = await withOpenFiles(16_385, () => reader.readHoldings(processes.values()));

    expect(holdings.get(30)).toMatchObject({ openFiles: null });
    await removeFolder(root);
  });

  onLinux('lets others have their turn', async () => {
    let turns = 0;
    let isDone = false;
    const turn = () => {
      turns++;
      if (!isDone) setImmediate(turn);
    };
    const reader = new ProcessTableReader(units ?? UNITS);
    const { processes } = await reader.read();
    setImmediate(turn);
    await reader.readHoldings(
      Array.from({ length: 5000 }, () => [...processes.values()][0]).filter((one) => one !== undefined),
    );
    isDone = true;
    expect(turns).toBeGreaterThan(1);
  });
});
