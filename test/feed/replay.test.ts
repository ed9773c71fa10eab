import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MemoryLog } from '../../src/core/registry/memory-log.ts';
import { planReplay, type Replay } from '../../src/feed/replay.ts';
import { LocalSource } from '../../src/feed/source/local-source.ts';
import { readSubscription } from '../../src/feed/subscription.ts';
import { deathDraft, newLog, sessionDraft } from './support/events.ts';

const LIMITS = { replayEvents: 1_000, replayBytes: 1_048_576 };
const MINUTE = 60_000;

/** Events 1 to `count`, a minute apart, on the servers `even` and `odd` in turn. */
function filledLog(count: number, capacity?: number): MemoryLog {
  const log = newLog(capacity);
  for (let seq = 1; seq <= count; seq++) log.append(sessionDraft(seq % 2 === 0 ? 'even' : 'odd'), seq * MINUTE);
  return log;
}

function plan(log: MemoryLog, query: string, limits = LIMITS, now = 0): Replay {
  const subscription = readSubscription(`/events${query}`, {});
  const source = new LocalSource({ history: log, snapshot: () => [] }, 'box', { now: () => now });
  const replays: Replay[] = [];
  source.begin(
    subscription,
    () => false,
    (beginning) => replays.push(planReplay(source, beginning, subscription, limits)),
  );
  const [replay] = replays;
  if (!replay) throw new Error('a feed of one exporter begins at once');
  return replay;
}

function seqs({ events }: Replay): number[] {
  return events.map(({ seq }) => seq);
}

describe('a replay', () => {
  it('is empty without a cursor', () => {
    expect(plan(filledLog(3), '')).toEqual({ from: 'e-3', resumed: false, gaps: [], events: [] });
  });

  it('brings what came after the cursor', () => {
    const replay = plan(filledLog(5), '?last_event_id=e-3');
    expect(seqs(replay)).toEqual([4, 5]);
    expect(replay).toMatchObject({ from: 'e-3', resumed: true, gaps: [] });
  });

  it('resumes at the head with nothing to bring', () => {
    expect(plan(filledLog(5), '?last_event_id=e-5')).toEqual({ from: 'e-5', resumed: true, gaps: [], events: [] });
  });

  it('brings only what matches the filters', () => {
    expect(seqs(plan(filledLog(6), '?last_event_id=e-1&server=even'))).toEqual([2, 4, 6]);
  });

  it('counts what was evicted, and brings all that is kept', () => {
    const replay = plan(filledLog(10, 4), '?last_event_id=e-2');
    expect(replay.gaps).toEqual([{ type: 'gap', reason: 'evicted', missed: 4 }]);
    expect(seqs(replay)).toEqual([7, 8, 9, 10]);
    expect(replay).toMatchObject({ from: 'e-2', resumed: false });
  });

  it('brings all that is kept to a reader of another log, which has seen none of it', () => {
    const replay = plan(filledLog(2), '?last_event_id=old-77');
    expect(replay.gaps).toEqual([{ type: 'gap', reason: 'epoch', missed: null }]);
    expect(seqs(replay)).toEqual([1, 2]);
  });

  it.each([
    ['future', 'e-99'],
    ['malformed', 'nonsense'],
  ])('brings nothing to a cursor that is %s', (reason, cursor) => {
    const replay = plan(filledLog(2), `?last_event_id=${cursor}`);
    expect(replay).toEqual({ from: 'e-2', resumed: false, gaps: [{ type: 'gap', reason, missed: null }], events: [] });
  });

  it('falls back to since= if the cursor cannot be served', () => {
    expect(seqs(plan(filledLog(3), '?last_event_id=nonsense&since=all'))).toEqual([1, 2, 3]);
  });

  it('brings the last minutes', () => {
    const replay = plan(filledLog(60), '?since=10m', LIMITS, 60 * MINUTE);
    expect(seqs(replay)).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60]);
    expect(replay).toMatchObject({ from: 'e-49', resumed: false });
  });

  it('finds the first event of any span, whatever was evicted', () => {
    const span = fc.integer({ min: 0, max: 70 });
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 1, max: 50 }), span, (count, capacity, minutes) => {
        const log = filledLog(count, capacity);
        const wanted = log.after(0).filter(({ seq }) => seq >= 60 - minutes);
        expect(seqs(plan(log, `?since=${minutes}m`, LIMITS, 60 * MINUTE))).toEqual(wanted.map(({ seq }) => seq));
      }),
    );
  });

  it('keeps the newest events and counts exactly the matching ones it leaves out', () => {
    const replay = plan(filledLog(20), '?since=all&server=even', { ...LIMITS, replayEvents: 3 });
    expect(seqs(replay)).toEqual([16, 18, 20]);
    expect(replay.gaps).toEqual([{ type: 'gap', reason: 'truncated', missed: 7 }]);
    expect(replay.from).toBe('e-14');
  });

  it('brings a reader who was away every death that is kept, however much a server changed since', () => {
    const log = newLog(400);
    log.append(sessionDraft('work'), MINUTE);
    for (let at = 0; at < 3; at++) log.append(deathDraft(`work${at}`), MINUTE);
    for (let at = 0; at < 20_000; at++) log.append(sessionDraft('busy'), MINUTE);

    const replay = plan(log, '?last_event_id=e-1', { ...LIMITS, replayEvents: 10 });

    expect(replay.events.map(({ type, server }) => `${type} ${server}`)).toEqual([
      'server-gone work0',
      'server-gone work1',
      'server-gone work2',
      ...Array<string>(7).fill('session-created busy'),
    ]);
    expect(replay.gaps).toEqual([
      { type: 'gap', reason: 'evicted', missed: 20_000 + 1 + 3 - 400 },
      { type: 'gap', reason: 'truncated', missed: 400 - 1 - 10 },
    ]);
    expect(replay.from).toBe('e-1');
  });

  it('keeps within its bytes', () => {
    const log = filledLog(20);
    const replayBytes = 2 * Buffer.byteLength(log.after(19)[0]?.json ?? '') + 1;
    expect(seqs(plan(log, '?since=all', { ...LIMITS, replayBytes }))).toEqual([19, 20]);
  });

  it('reports both if some were evicted and some left out', () => {
    const replay = plan(filledLog(10, 5), '?last_event_id=e-1', { ...LIMITS, replayEvents: 2 });
    expect(replay.gaps.map(({ reason, missed }) => [reason, missed])).toEqual([
      ['evicted', 4],
      ['truncated', 3],
    ]);
    expect(replay.resumed).toBe(false);
  });
});
