import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inOrderOfBirth, type Process, type ProcessTable } from '../../../src/core/process/process.ts';
import { ownersOf } from '../../../src/core/process/process-owners.ts';

type Kin = Pick<Process, 'pid'> & Partial<Process>;

function tableOf(...processes: readonly Kin[]): ProcessTable {
  const whole = processes.map(
    (kin): Process => ({
      ...{ parent: 1, session: kin.pid, start: kin.pid, ownMs: 0, waitedMs: 0, threads: 1, isZombie: false },
      ...kin,
    }),
  );
  const sorted = inOrderOfBirth(whole, (process) => process);
  return {
    begunAt: 0,
    processes: new Map(sorted.map((process) => [process.pid, process])),
    endedMeanwhile: new Set(),
  };
}

/** The owner of each pid that has one. */
function owned(table: ProcessTable, roots: Record<number, string>): Record<number, string> {
  const byPid = new Map(Object.entries(roots).map(([pid, owner]) => [Number(pid), owner]));
  return Object.fromEntries(Array.from(ownersOf(table, byPid), ([{ pid }, owner]) => [pid, owner]));
}

describe('The owner of a process', () => {
  it('is that of the nearest ancestor that was started for somebody', () => {
    const table = tableOf(
      { pid: 1 },
      { pid: 10 },
      { pid: 11, parent: 10 },
      { pid: 12, parent: 11 },
      { pid: 13, parent: 12 },
    );
    expect(owned(table, { 10: 'outer', 12: 'inner' })).toEqual({ 10: 'outer', 11: 'outer', 12: 'inner', 13: 'inner' });
  });

  it('is that of the leader of its session if init adopted it', () => {
    const table = tableOf({ pid: 1 }, { pid: 10 }, { pid: 12, session: 10 }, { pid: 13, parent: 12, session: 10 });
    expect(owned(table, { 10: 'pane' })).toEqual({ 10: 'pane', 12: 'pane', 13: 'pane' });
  });

  it('is that of a leader that is not a root, but descends from one', () => {
    const table = tableOf({ pid: 1 }, { pid: 10 }, { pid: 11, parent: 10 }, { pid: 12, session: 11 });
    expect(owned(table, { 10: 'pane' })).toEqual({ 10: 'pane', 11: 'pane', 12: 'pane' });
  });

  it('is none for a process that made its own session and was adopted', () => {
    const table = tableOf({ pid: 1 }, { pid: 10 }, { pid: 12 }, { pid: 13, parent: 12, session: 12 });
    expect(owned(table, { 10: 'pane' })).toEqual({ 10: 'pane' });
  });

  it('is found if pids began anew within a tick of the clock', () => {
    const table = tableOf(
      { pid: 32_767, start: 50 },
      { pid: 301, parent: 32_767, session: 32_767, start: 50 },
      { pid: 300, parent: 301, session: 32_767, start: 50 },
      { pid: 302, session: 32_767, start: 50 },
    );
    expect(owned(table, { 32767: 'pane' })).toEqual({ 300: 'pane', 301: 'pane', 302: 'pane', 32767: 'pane' });
  });

  it('is not that of a younger process which has the pid of the parent, or of the leader, by now', () => {
    const table = tableOf({ pid: 10, start: 50 }, { pid: 12, parent: 10, session: 10, start: 40 });
    expect(owned(table, { 10: 'pane' })).toEqual({ 10: 'pane' });
  });

  it('is found for any table, and each process has at most one', () => {
    const kin = fc.record({ pid: fc.nat(12), parent: fc.nat(12), session: fc.nat(12), start: fc.nat(3) });
    const kins = fc.uniqueArray(kin, { selector: ({ pid }) => pid });
    const roots = fc.dictionary(fc.nat(12).map(String), fc.constantFrom('a', 'b'));
    fc.assert(
      fc.property(kins, roots, (processes, started) => {
        const found = owned(tableOf(...processes), started);
        for (const { pid } of processes) expect(found[pid]).toBe(started[pid] ?? found[pid]);
        expect(Object.keys(found).length).toBeLessThanOrEqual(processes.length);
      }),
    );
  });
});
