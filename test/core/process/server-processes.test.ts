import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Snapshot } from '../../../src/core/model/snapshot.ts';
import type { ProcessUsage } from '../../../src/core/process/process-usage.ts';
import { accrue, isVisible, rootOf, type ServerProcesses } from '../../../src/core/process/server-processes.ts';
import { samplePane, sampleSession, sampleSnapshot, sampleWindow } from '../../support/sample/sample.ts';

const BOTH = { sessions: true, panes: true };

function usage(cpuMs: number, openFiles: number | null = 3): ProcessUsage {
  return { cpuMs, residentBytes: 1000, processes: 1, threads: 2, openFiles };
}

/** Two sessions, a window in each, and a third that is in both. */
const SHARED = sampleSnapshot({
  sessions: [sampleSession(1), sampleSession(2)],
  windows: [sampleWindow(1, [1]), sampleWindow(2, [2]), sampleWindow(3, [1, 2])],
  panes: [samplePane(1, 1), samplePane(2, 2), samplePane(3, 3)],
});

function pass(before: ServerProcesses | null, layout: Snapshot, cpuMs: number): ServerProcesses {
  return accrue(before, layout, () => usage(cpuMs), BOTH);
}

describe('What the processes of a server use', () => {
  it('counts a pane in each session that its window is linked into', () => {
    const { sessions, panes } = accrue(null, SHARED, ({ id }) => usage(id === '%3' ? 100 : 10), BOTH);
    expect(sessions.get('$1')).toEqual({ cpuMs: 110, residentBytes: 2000, processes: 2, threads: 4, openFiles: 6 });
    expect(sessions.get('$2')).toEqual(sessions.get('$1'));
    expect(panes.get('%3')).toEqual(usage(100));
  });

  it('adds up CPU time alone', () => {
    const { sessions } = pass(pass(null, SHARED, 10), SHARED, 5);
    expect(sessions.get('$1')).toMatchObject({ cpuMs: 30, processes: 2, residentBytes: 2000 });
  });

  it('does not know of a session what it does not know of one of its panes', () => {
    const { sessions } = accrue(null, SHARED, ({ id }) => usage(0, id === '%1' ? null : 3), BOTH);
    expect(sessions.get('$1')?.openFiles).toBeNull();
    expect(sessions.get('$2')?.openFiles).toBe(6);
  });

  it('keeps what a session has counted when its panes go, and forgets a session that went', () => {
    const before = pass(null, SHARED, 10);
    const emptied = { ...SHARED, panes: [samplePane(2, 2)], sessions: [sampleSession(1)] };
    const { sessions, panes } = pass(before, emptied, 0);
    expect(sessions.get('$1')).toMatchObject({ cpuMs: 20, processes: 0 });
    expect([...panes.keys()]).toEqual(['%2']);
    expect(pass({ layout: emptied, sessions, panes }, SHARED, 1).sessions.get('$2')?.cpuMs).toBe(2);
  });

  it('keeps only the levels that are wanted', () => {
    const { sessions, panes } = accrue(null, SHARED, () => usage(1), { sessions: false, panes: true });
    expect([sessions.size, panes.size]).toEqual([0, 3]);
  });

  it('has counters that never fall, however panes come, go and are linked', () => {
    const window = fc.record({
      sessions: fc.subarray([1, 2, 3], { minLength: 1 }),
      panes: fc.nat(2),
      spent: fc.nat(50),
    });
    const layout = fc.array(window, { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(layout, { maxLength: 10 }), (layouts) => {
        let before: ServerProcesses | null = null;
        for (const windows of layouts) {
          const snapshot = sampleSnapshot({
            sessions: [1, 2, 3].map((number) => sampleSession(number)),
            windows: windows.map(({ sessions }, at) => sampleWindow(at, sessions)),
            panes: windows.flatMap(({ panes }, at) =>
              Array.from({ length: panes }, (_, pane) => samplePane(at * 10 + pane, at)),
            ),
          });
          const next: ServerProcesses = pass(before, snapshot, windows[0]?.spent ?? 0);
          for (const [id, { cpuMs }] of next.sessions) {
            expect(cpuMs).toBeGreaterThanOrEqual(before?.sessions.get(id)?.cpuMs ?? 0);
          }
          before = next;
        }
      }),
    );
  });
});

describe('The process of a pane', () => {
  const server = { pid: 20, start: '77' };
  const base = { session: 0, start: 80, ownMs: 0, waitedMs: 0, threads: 1, isZombie: false };
  const table = {
    begunAt: 0,
    processes: new Map([
      [20, { ...base, pid: 20, parent: 1, start: 77 }],
      [30, { ...base, pid: 30, parent: 20 }],
      [40, { ...base, pid: 40, parent: 1 }],
    ]),
    endedMeanwhile: new Set<number>(),
  };

  it('is a child of the server', () => {
    expect(rootOf(samplePane(1, 1, { pid: 30 }), server, table)?.pid).toBe(30);
    expect(rootOf(samplePane(1, 1, { pid: 40 }), server, table)).toBeUndefined();
    expect(rootOf(samplePane(1, 1, { pid: 50 }), server, table)).toBeUndefined();
  });

  it('is none in a dead pane, whichever process has the pid now', () => {
    expect(rootOf(samplePane(1, 1, { pid: 30, dead: true }), server, table)).toBeUndefined();
  });

  it('is searched only below the known server process', () => {
    expect(isVisible(server, table)).toBe(true);
    expect(isVisible({ pid: 20, start: '78' }, table)).toBe(false);
    expect(isVisible({ pid: 21, start: '77' }, table)).toBe(false);
  });
});
