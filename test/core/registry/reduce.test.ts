import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judge, type Verdict } from '../../../src/core/death/verdict.ts';
import type { Observation } from '../../../src/core/model/observation.ts';
import type { ServerRecord } from '../../../src/core/record/record.ts';
import {
  type LivingVerdict,
  MOST_SESSION_EVENTS,
  pastOf,
  type Reduction,
  reduce,
} from '../../../src/core/registry/reduce.ts';
import * as arbitrary from '../../support/sample/arbitrary.ts';
import {
  answered,
  failed,
  NEXT_INCARNATION,
  NOW,
  pendingRecord,
  samplePane,
  sampleSession,
  sampleSnapshot,
  upRecord,
} from '../../support/sample/sample.ts';
import { runs } from '../../support/sample/seed.ts';

const UNRESPONSIVE: LivingVerdict = { kind: 'unresponsive' };
const SOCKET_LOST: LivingVerdict = { kind: 'unreachable', cause: 'socket_lost' };
const WEDGED: LivingVerdict = { kind: 'unreachable', cause: 'wedged' };
const LATER = NOW + 90_000;

function types({ events }: Reduction): string[] {
  return events.map(({ type }) => type);
}

function unresponsiveRecord(): ServerRecord {
  const { record } = reduce(upRecord(), failed('timeout'), UNRESPONSIVE, NOW);
  return { ...record, incident: 'e1-7' };
}

describe('reduce, of an answer', () => {
  it('makes a pending server up and reports it once', () => {
    const first = reduce(pendingRecord(), answered(), { kind: 'up' }, LATER);
    const second = reduce(first.record, answered(), { kind: 'up' }, LATER + 1);

    expect(first.record).toMatchObject({ state: 'up', since: LATER, seenAlive: true, failure: null, incident: null });
    expect(types(first)).toEqual(['server-up']);
    expect(second.record).toMatchObject({ state: 'up', since: LATER });
    expect(types(second)).toEqual([]);
  });

  it('keeps the life, and what it holds', () => {
    const { record } = reduce(pendingRecord(), answered(), { kind: 'up' }, LATER);

    expect(record.life).toMatchObject({
      incarnation: sampleSnapshot().incarnation,
      uid: 1000,
      version: '3.5a',
      lastSeenAt: LATER,
      holds: { sessions: 1, windows: 1, panes: 1 },
    });
    expect(record.snapshot).toEqual(sampleSnapshot());
  });

  it('keeps what the life holds if the snapshot is the same', () => {
    const snapshot = sampleSnapshot();
    const { record } = reduce(pendingRecord(), answered(snapshot), { kind: 'up' }, LATER);

    expect(reduce(record, answered(snapshot), { kind: 'up' }, LATER).record.life?.holds).toBe(record.life?.holds);
  });

  it('names a pane that runs tmux at the second poll, also if the snapshot is the same', () => {
    const snapshot = sampleSnapshot({ panes: [samplePane(0, 0, { command: 'tmux' })] });
    const { record } = reduce(pendingRecord(), answered(snapshot), { kind: 'up' }, LATER);

    expect(record.life?.holds?.commands).toEqual([]);
    const second = reduce(record, answered(snapshot), { kind: 'up' }, LATER);
    expect(second.record.life?.holds?.commands).toEqual(['tmux']);
  });

  it('reports sessions that were created, closed and renamed', () => {
    const before = upRecord(sampleSnapshot({ sessions: [sampleSession(1), sampleSession(2, { name: 'old' })] }));
    const next = sampleSnapshot({ sessions: [sampleSession(2, { name: 'new' }), sampleSession(3)] });

    const step = reduce(before, answered(next), { kind: 'up' }, LATER);

    expect(types(step)).toEqual(['session-closed', 'session-renamed', 'session-created']);
  });

  it.each([
    [MOST_SESSION_EVENTS, MOST_SESSION_EVENTS],
    [MOST_SESSION_EVENTS + 1, 1],
    [20_000, 1],
  ])('reports %d changed sessions by %d events', (changed, events) => {
    const before = upRecord(sampleSnapshot({ sessions: [] }));
    const sessions = Array.from({ length: changed }, (_, number) => sampleSession(number));

    expect(reduce(before, answered(sampleSnapshot({ sessions })), { kind: 'up' }, LATER).events).toHaveLength(events);
  });

  it('counts the changed sessions that it does not report one by one', () => {
    const sessions = Array.from({ length: MOST_SESSION_EVENTS + 10 }, (_, number) => sampleSession(number));
    const renamed = sessions.slice(0, 12).map((session) => ({ ...session, name: `new ${session.name}` }));
    const next = sampleSnapshot({ sessions: [...renamed, sampleSession(9_000)] });

    const { events } = reduce(upRecord(sampleSnapshot({ sessions })), answered(next), { kind: 'up' }, LATER);

    expect(events).toMatchObject([
      {
        type: 'sessions-changed',
        severity: 'info',
        details: { created: 1, closed: MOST_SESSION_EVENTS - 2, renamed: 12, sessions: 13 },
      },
    ]);
  });

  it('reports no session at the first answer, because all are new', () => {
    expect(types(reduce(pendingRecord(), answered(), { kind: 'up' }, NOW))).toEqual(['server-up']);
  });

  it('ends an incident with the recovery, which says how long it took', () => {
    const { record, events } = reduce(unresponsiveRecord(), answered(), { kind: 'up' }, LATER);

    expect(record).toMatchObject({ state: 'up', incident: null, timeouts: 0, refusedSince: null });
    expect(events).toMatchObject([
      { type: 'server-recovered', incident: 'e1-7', details: { from: 'unresponsive', outage_seconds: 90 } },
    ]);
  });

  it('reports what changed while it did not answer', () => {
    const next = sampleSnapshot({ sessions: [] });

    const step = reduce(unresponsiveRecord(), answered(next), { kind: 'up' }, LATER);

    expect(types(step)).toEqual(['server-recovered', 'session-closed']);
  });

  it('ends the incident of a death with the next life', () => {
    const waiting: ServerRecord = { ...pendingRecord(), state: 'gone', incident: 'e1-3' };
    const next = sampleSnapshot({ incarnation: NEXT_INCARNATION });

    const { record, events } = reduce(waiting, answered(next), { kind: 'up' }, LATER);

    expect(record).toMatchObject({ state: 'up', incident: null, death: null });
    expect(events).toMatchObject([{ type: 'server-up', incident: 'e1-3' }]);
  });
});

describe('reduce, of a failure', () => {
  it('shows nothing stale: the snapshot goes and the life stays', () => {
    const before = upRecord();

    const { record, events } = reduce(before, failed('parse'), { kind: 'failed' }, LATER);

    expect(record).toMatchObject({ state: 'up', since: NOW, snapshot: null, failure: { reason: 'parse' } });
    expect(record.life).toEqual(before.life);
    expect(events).toEqual([]);
  });

  it('counts timeouts in a row, until something else happens', () => {
    const first = reduce(upRecord(), failed('timeout'), { kind: 'failed' }, NOW).record;
    const second = reduce(first, failed('timeout'), UNRESPONSIVE, NOW).record;
    const other = reduce(second, failed('spawn'), { kind: 'failed' }, NOW).record;

    expect([first.timeouts, second.timeouts, other.timeouts]).toEqual([1, 2, 0]);
  });

  it('remembers since when it was refused, until it is not', () => {
    const refused = { connect: 'refused' } as const;
    const first = reduce(upRecord(), failed('refused', refused, NOW), { kind: 'failed' }, NOW).record;
    const second = reduce(first, failed('refused', refused, LATER), WEDGED, LATER).record;
    const other = reduce(second, failed('timeout'), { kind: 'failed' }, LATER).record;

    expect([first.refusedSince, second.refusedSince, other.refusedSince]).toEqual([NOW, NOW, null]);
  });

  it.each([
    ['accepts', { connect: 'accepted' }],
    ['is too busy to accept', { connect: 'busy' }],
    ['is listed by the kernel', { connect: 'denied', listening: true }],
  ] as const)('takes a socket that %s for alive', (_, evidence) => {
    expect(reduce(pendingRecord(), failed('protocol', evidence), { kind: 'failed' }, NOW).record.seenAlive).toBe(true);
  });

  it('does not take a stale socket for alive', () => {
    const { record } = reduce(pendingRecord(), failed('refused', { connect: 'refused' }), { kind: 'failed' }, NOW);

    expect(record).toMatchObject({ state: 'pending', seenAlive: false });
  });

  it('reports once that a server does not answer, and opens an incident', () => {
    const first = reduce(upRecord(), failed('timeout'), UNRESPONSIVE, NOW);
    const second = reduce(first.record, failed('timeout'), UNRESPONSIVE, LATER);

    expect(first.events).toMatchObject([{ type: 'server-unresponsive', incident: 'opens', severity: 'warning' }]);
    expect(second.events).toEqual([]);
    expect(second.record).toMatchObject({ state: 'unresponsive', since: NOW });
  });

  it('reports once that a server is unreachable, and again if the cause changes', () => {
    const first = reduce(upRecord(), failed('no_socket'), SOCKET_LOST, NOW);
    const second = reduce({ ...first.record, incident: 'e1-2' }, failed('no_socket'), SOCKET_LOST, LATER);
    const third = reduce(second.record, failed('refused'), WEDGED, LATER);

    expect(first.events).toMatchObject([{ type: 'server-unreachable', incident: 'opens' }]);
    expect(second.events).toEqual([]);
    expect(third.events).toMatchObject([{ type: 'server-unreachable', incident: 'e1-2' }]);
    expect(third.record).toMatchObject({ state: 'unreachable', unreachable: 'wedged' });
  });

  it.each([
    ['a regular file', { connect: 'not_a_socket', listening: true }, true],
    ['a socket on which nobody listens', { connect: 'refused', listening: true }, true],
    ['nothing', { connect: 'absent', listening: true }, false],
    ['its own socket', { connect: 'refused', listening: false }, false],
  ] as const)('notes whether something else is at its path: %s', (_, evidence, isTaken) => {
    const { record } = reduce(upRecord(), failed('no_socket', evidence), SOCKET_LOST, NOW);

    expect(record.isPathTaken).toBe(isTaken);
    expect(reduce(record, answered(), { kind: 'up' }, LATER).record.isPathTaken).toBe(false);
  });

  it('continues an incident from unresponsive to unreachable', () => {
    const { events } = reduce(unresponsiveRecord(), failed('no_socket'), SOCKET_LOST, LATER);

    expect(events).toMatchObject([{ type: 'server-unreachable', incident: 'e1-7' }]);
  });
});

describe('reduce, over any observations', () => {
  const observations = fc.array(arbitrary.observation, { maxLength: 12 });
  const beginnings = fc.constantFrom<ServerRecord>(
    pendingRecord(),
    pendingRecord({ registration: 'discovered' }),
    { ...pendingRecord(), state: 'gone', death: { reason: 'lost', cause: 'unknown', at: NOW }, incident: 'e1-1' },
    upRecord(),
  );

  /** Calls `law` for each step from `beginning`; it ends with a life. */
  function walk(
    beginning: ServerRecord,
    all: readonly Observation[],
    law: (before: ServerRecord, step: Reduction) => void,
  ) {
    let record = beginning;
    for (const [at, observation] of all.entries()) {
      const verdict = judge(observation, pastOf(record));
      if (!isLiving(verdict)) return;
      const step = reduce(record, observation, verdict, NOW + 1 + at);
      law(record, step);
      record = step.record;
    }
  }

  function isLiving(verdict: Verdict): verdict is LivingVerdict {
    return !['gone', 'replaced', 'displaced'].includes(verdict.kind);
  }

  function holds(law: (before: ServerRecord, step: Reduction) => void): void {
    fc.assert(
      fc.property(beginnings, observations, (beginning, all) => walk(beginning, all, law)),
      { numRuns: runs(1_000) },
    );
  }

  it('says why a server is unreachable exactly if it is', () => {
    holds((_, { record }) => expect(record.unreachable !== null).toBe(record.state === 'unreachable'));
  });

  it('keeps a death exactly if a server is gone', () => {
    holds((_, { record }) => expect(record.death !== null).toBe(record.state === 'gone'));
  });

  it('has either a snapshot or a failure', () => {
    holds((_, { record }) => expect(record.snapshot === null).toBe(record.failure !== null));
  });

  it('is up only with a life, which answered at least once', () => {
    holds((_, { record }) => expect(record.state !== 'up' || record.life !== null).toBe(true));
  });

  it('moves the time of a state only with the state', () => {
    holds((before, { record }) => expect(record.since !== before.since).toBe(record.state !== before.state));
  });

  it('reports each change of state, and nothing twice', () => {
    holds((before, { record, events }) => {
      const emitted = events.filter(({ type }) => type.startsWith('server-')).length;
      const changed = record.state !== before.state || record.unreachable !== before.unreachable;
      expect(emitted).toBe(changed ? 1 : 0);
    });
  });
});
