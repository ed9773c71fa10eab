import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AccountingBench } from '../support/machine/accounting-bench.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { comparedRow, median, plainRow, type Row } from './row.ts';

const ROUNDS = 9;

/** The cost of a pass over processes that are all under one pane, compared with a bare loop that reads the same files. */
export async function bench(): Promise<Row[]> {
  return [...(await passOver(1_000)), ...(await passOver(5_000))];
}

async function passOver(count: number): Promise<Row[]> {
  const folder = await makePrivateFolder();
  const fifo = join(folder, 'fifo');
  // Each child is a fork that waits for a writer that never comes.
  const command = `mkfifo ${fifo}; i=0; while [ $i -lt ${count} ]; do (: < ${fifo}) & i=$((i+1)); done; exec cat`;
  const server = await TmuxServer.start({ folder, name: 'x', command });
  const accounting = new AccountingBench();
  try {
    await accounting.add('crowd', server);
    const isComplete = async () => {
      await accounting.pass();
      return (accounting.usage('crowd', 'main')?.processes ?? 0) > count;
    };
    await eventually(`${count} processes`, isComplete, 120_000);
    return await measure(`${count} processes`, accounting);
  } finally {
    // Opening it for reading and writing releases all of them.
    spawnSync('sh', ['-c', ': 1<> "$0"', fifo]);
    await server.cleanup();
    await accounting.cleanup();
    await removeFolder(folder);
  }
}

async function measure(name: string, accounting: AccountingBench): Promise<Row[]> {
  const [ours, theirs, holds]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push(await cpuMs(async () => readBare()));
    ours.push(await cpuMs(() => accounting.pass()));
    holds.push(await longestHold(() => accounting.pass()));
  }
  const baseline = { name: 'readFileSync of every /proc/<pid>/stat', value: median(theirs) };
  return [
    comparedRow(`${name}: own CPU of a pass, with memory and open files of each`, median(ours), 'ms', baseline, 3),
    plainRow(`${name}: event loop held by a pass, CPU time`, median(holds), 'ms', 10),
  ];
}

function readBare(): number {
  let bytes = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      bytes += readFileSync(`/proc/${name}/stat`, 'utf8').length;
    } catch {
      // It has ended.
    }
  }
  return bytes;
}

async function cpuMs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** The most CPU time between two turns of the event loop while `work` goes on: unlike the time of the clock, it does not depend on what else the machine does. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = process.threadCpuUsage();
  let isDone = false;
  const turn = () => {
    const { user, system } = process.threadCpuUsage(last);
    longest = Math.max(longest, (user + system) / 1000);
    last = process.threadCpuUsage();
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isDone = true;
  turn();
  return longest;
}
