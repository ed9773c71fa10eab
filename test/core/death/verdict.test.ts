import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { judge, MOST_UNDECIDED, type Past, WEDGED_AFTER_MS } from '../../../src/core/death/verdict.ts';
import type { Evidence, Observation } from '../../../src/core/model/observation.ts';
import type { FailureReason } from '../../../src/core/model/server.ts';
import * as arbitrary from '../../support/sample/arbitrary.ts';
import { answered, failed, INCARNATION, NEXT_INCARNATION, NOW, sampleSnapshot } from '../../support/sample/sample.ts';
import { runs } from '../../support/sample/seed.ts';

const KNOWN: Past = {
  seenAlive: true,
  incarnation: INCARNATION,
  process: { pid: INCARNATION.pid, start: '99' },
  earlierBoot: false,
  timeouts: 0,
  refusedSince: null,
  undecided: 0,
};
const NEVER_SEEN: Past = { ...KNOWN, seenAlive: false, incarnation: null, process: null };
/** Something listened there, and it never answered. */
const NEVER_ANSWERED: Past = { ...NEVER_SEEN, seenAlive: true };

type Row = readonly [situation: string, reason: FailureReason, evidence: Partial<Evidence>, past: Partial<Past>];

function judgeFailure(reason: FailureReason, evidence: Partial<Evidence>, before: Partial<Past>) {
  return judge(failed(reason, evidence), { ...KNOWN, ...before });
}

function failure(observation: Observation): FailureReason | null {
  return observation.answer.kind === 'failure' ? observation.answer.failure.reason : null;
}

const past: fc.Arbitrary<Past> = fc.record({
  seenAlive: fc.boolean(),
  incarnation: fc.option(arbitrary.incarnation),
  process: fc.option(fc.constantFrom({ pid: 10, start: '99' }, { pid: 20, start: '99' })),
  earlierBoot: fc.constant(false),
  timeouts: fc.nat(3),
  refusedSince: fc.option(fc.integer({ min: NOW - 20_000, max: NOW })),
  undecided: fc.nat(12),
});

describe('judge, of a server that answers', () => {
  it('says up if it is the known life', () => {
    expect(judge(answered(), KNOWN)).toEqual({ kind: 'up' });
  });

  it('says up if no life was known', () => {
    expect(judge(answered(), NEVER_SEEN)).toEqual({ kind: 'up' });
  });

  it.each([
    ['another pid', { ...INCARNATION, pid: INCARNATION.pid + 1 }],
    ['the same pid and another start time', { ...INCARNATION, startedAt: INCARNATION.startedAt + 1 }],
  ])('says replaced if it has %s and the known process is dead', (_, incarnation) => {
    const observation = answered(sampleSnapshot({ incarnation }), { process: 'dead' });

    expect(judge(observation, KNOWN)).toEqual({ kind: 'replaced', reason: 'replaced' });
  });

  it('says replaced if it is another life and the known process cannot be seen', () => {
    const observation = answered(sampleSnapshot({ incarnation: NEXT_INCARNATION }), { process: 'unknown' });

    expect(judge(observation, KNOWN)).toEqual({ kind: 'replaced', reason: 'replaced' });
  });

  it('says displaced if it is another life and the known process lives', () => {
    const observation = answered(sampleSnapshot({ incarnation: NEXT_INCARNATION }), { process: 'alive' });

    expect(judge(observation, KNOWN)).toEqual({ kind: 'displaced' });
  });
});

describe('judge, of an answer whose process is undecided', () => {
  /** An answer as the known life, or as another one; `mark` is the process that it claims to be. */
  function undecided(evidence: Partial<Evidence> = {}, mark = KNOWN.process, incarnation = INCARNATION): Observation {
    const observation = answered(sampleSnapshot({ incarnation }), evidence);
    if (observation.answer.kind === 'failure') throw new Error('expected an answer');
    return { ...observation, answer: { ...observation.answer, process: null, undecided: mark, isProven: false } };
  }

  it('says unproven if it claims to be the known life, which lives', () => {
    expect(judge(undecided(), KNOWN)).toEqual({ kind: 'unproven' });
  });

  it('says so for some polls in a row only: another server must not keep the place for ever', () => {
    expect(judge(undecided(), { ...KNOWN, undecided: MOST_UNDECIDED - 1 })).toEqual({ kind: 'unproven' });
    expect(judge(undecided(), { ...KNOWN, undecided: MOST_UNDECIDED })).toEqual({ kind: 'displaced' });
  });

  it.each<[string, Observation]>([
    ['another process', undecided({}, { pid: INCARNATION.pid, start: '100' })],
    ['another life', undecided({}, KNOWN.process, { ...INCARNATION, startedAt: INCARNATION.startedAt + 1 })],
    ['no process that can be seen', undecided({}, null)],
  ])('says displaced if it claims to be %s', (_, observation) => {
    expect(judge(observation, KNOWN)).toEqual({ kind: 'displaced' });
  });

  it('says replaced if the known process is dead, whatever it claims', () => {
    expect(judge(undecided({ process: 'dead' }), KNOWN)).toEqual({ kind: 'replaced', reason: 'replaced' });
  });
});

describe('judge, of a life from before the machine restarted', () => {
  const before = { ...KNOWN, earlierBoot: true };

  it('says rebooted if another life answers, even with the same pid and start time', () => {
    expect(judge(answered(), before)).toEqual({ kind: 'replaced', reason: 'rebooted' });
  });

  it('says gone, rebooted, whatever else is seen', () => {
    fc.assert(
      fc.property(arbitrary.evidence, (evidence) => {
        expect(judge(failed('protocol', evidence), before)).toEqual({ kind: 'gone', reason: 'rebooted' });
      }),
    );
  });
});

describe('judge, of a server whose process is dead', () => {
  it.each<Row>([
    ['connect is refused', 'refused', { connect: 'refused' }, {}],
    ['the socket is absent', 'no_socket', { connect: 'absent' }, {}],
    ['a regular file is at the path', 'no_socket', { connect: 'not_a_socket' }, {}],
    ['we may not connect and the kernel lists nothing', 'permission', { connect: 'denied', listening: false }, {}],
  ])('says gone, lost, if %s', (_, reason, evidence, before) => {
    const verdict = judgeFailure(reason, { ...evidence, process: 'dead' }, before);

    expect(verdict).toEqual({ kind: 'gone', reason: 'lost' });
  });

  it.each([
    ['last_session_closed', 'exited'],
    ['shut_down', 'exited'],
    ['ended', 'exited'],
    ['nothing', 'crashed'],
  ] as const)('says why if the death watch heard %s, whatever is at its path by now', (watch, reason) => {
    const found = { process: 'dead', watch } as const;
    const next = sampleSnapshot({ incarnation: NEXT_INCARNATION });

    expect(judge(failed('refused', { ...found, connect: 'refused' }), KNOWN)).toEqual({ kind: 'gone', reason });
    expect(judge(failed('timeout', { ...found, connect: 'accepted' }), KNOWN)).toEqual({ kind: 'gone', reason });
    expect(judge(failed('timeout', { ...found, connect: 'busy' }), KNOWN)).toEqual({ kind: 'gone', reason });
    expect(judge(answered(next, found), KNOWN)).toEqual({ kind: 'replaced', reason });
  });

  it.each(['accepted', 'busy'] as const)('says gone, replaced, if something else answers: connect %s', (connect) => {
    expect(judge(failed('timeout', { connect, process: 'dead' }), KNOWN)).toEqual({ kind: 'gone', reason: 'replaced' });
  });

  it('says why it ended if a child held its socket open, and nothing listens there any more', () => {
    const evidence = { connect: 'accepted', process: 'dead', listening: false, watch: 'shut_down' } as const;
    expect(judge(failed('timeout', evidence), KNOWN)).toEqual({ kind: 'gone', reason: 'exited' });
  });

  it('says nothing if connecting is denied and the kernel cannot be asked', () => {
    const observation = failed('permission', { connect: 'denied', process: 'dead', listening: null });

    expect(judge(observation, KNOWN)).toEqual({ kind: 'failed' });
  });
});

describe('judge, of a server whose process lives', () => {
  it.each<Row>([
    ['the socket is absent', 'no_socket', { connect: 'absent' }, {}],
    ['a regular file lies at its path', 'no_socket', { connect: 'not_a_socket' }, {}],
    [
      'it listens, and the socket of a dead server lies at its path',
      'refused',
      { connect: 'refused', listening: true },
      { refusedSince: NOW - 1 },
    ],
  ])('says unreachable, socket_lost, if %s', (_, reason, evidence, before) => {
    const verdict = judgeFailure(reason, { ...evidence, process: 'alive' }, before);

    expect(verdict).toEqual({ kind: 'unreachable', cause: 'socket_lost' });
  });

  it.each([
    [0, { kind: 'failed' }],
    [WEDGED_AFTER_MS, { kind: 'failed' }],
    [WEDGED_AFTER_MS + 1, { kind: 'unreachable', cause: 'wedged' }],
  ])('after %d ms of refusals says so', (refusedMs, verdict) => {
    const observation = failed('refused', { connect: 'refused', process: 'alive' });

    expect(judge(observation, { ...KNOWN, refusedSince: NOW - refusedMs })).toEqual(verdict);
  });

  it('says failed at the first refusal', () => {
    expect(judge(failed('refused', { connect: 'refused', process: 'alive' }), KNOWN)).toEqual({ kind: 'failed' });
  });
});

describe('judge, of a server whose process is unknown', () => {
  it.each<Row>([
    ['connect is refused', 'refused', { connect: 'refused' }, {}],
    ['the socket is absent', 'no_socket', { connect: 'absent' }, {}],
    ['it never answered and refuses', 'refused', { connect: 'refused' }, NEVER_ANSWERED],
  ])('says gone if %s', (_, reason, evidence, before) => {
    expect(judgeFailure(reason, { ...evidence, process: 'unknown' }, before)).toEqual({ kind: 'gone', reason: 'lost' });
  });

  it.each<Row>([
    ['the kernel still lists the path as listening', 'no_socket', { connect: 'absent', listening: true }, {}],
    ['it was never seen', 'refused', { connect: 'refused' }, NEVER_SEEN],
    ['it timed out once', 'timeout', {}, {}],
    ['we may not connect', 'permission', { connect: 'denied' }, {}],
    ['tmux is missing', 'spawn', {}, {}],
    ['its answer does not parse', 'parse', {}, {}],
    ['its answer is strange', 'protocol', {}, {}],
  ])('says failed if %s', (_, reason, evidence, before) => {
    expect(judgeFailure(reason, { ...evidence, process: 'unknown' }, before)).toEqual({ kind: 'failed' });
  });

  it.each<Row>([
    ['connect is accepted', 'timeout', { connect: 'accepted' }, { timeouts: 1 }],
    ['its backlog is full', 'timeout', { connect: 'busy' }, { timeouts: 1 }],
    ['nobody ever saw it answer', 'timeout', { connect: 'busy' }, { ...NEVER_ANSWERED, timeouts: 1 }],
  ])('says unresponsive at the second timeout in a row if %s', (_, reason, evidence, before) => {
    expect(judgeFailure(reason, { ...evidence, process: 'unknown' }, before)).toEqual({ kind: 'unresponsive' });
  });

  it('says unreachable, version_mismatch, if tmux lost a server that accepts', () => {
    expect(judgeFailure('version_mismatch', { tmux: 'lost_server', process: 'unknown' }, {})).toEqual({
      kind: 'unreachable',
      cause: 'version_mismatch',
    });
  });

  it('says unreachable, permission, if the kernel lists a socket that we may not talk to', () => {
    expect(judgeFailure('permission', { connect: 'denied', process: 'unknown', listening: true }, {})).toEqual({
      kind: 'unreachable',
      cause: 'permission',
    });
  });
});

describe('judge, whatever the evidence', () => {
  function holds(law: (observation: Observation, before: Past) => void): void {
    fc.assert(fc.property(arbitrary.observation, past, law), { numRuns: runs(2_000) });
  }

  it('never takes a living process for gone', () => {
    holds((observation, before) => {
      fc.pre(observation.evidence.process === 'alive');
      expect(['gone', 'replaced']).not.toContain(judge(observation, before).kind);
    });
  });

  it('says gone of a server that may be alive only if nothing answers', () => {
    holds((observation, before) => {
      fc.pre(judge(observation, before).kind === 'gone' && observation.evidence.process !== 'dead');
      expect(['refused', 'absent', 'not_a_socket']).toContain(observation.evidence.connect);
      expect(observation.evidence.listening).not.toBe(true);
    });
  });

  it('draws a death from connect, process, kernel and watch only: never from what tmux said', () => {
    holds((observation, before) => {
      fc.pre(failure(observation) !== null && judge(observation, before).kind === 'gone');
      const otherwise = failed('spawn', { ...observation.evidence, tmux: 'other' });
      expect(judge(otherwise, before)).toEqual(judge(observation, before));
    });
  });

  it('never says that what was never seen has gone', () => {
    holds((observation, before) => {
      expect(judge(observation, { ...before, seenAlive: false, incarnation: null }).kind).not.toMatch(
        /gone|replaced|displaced/,
      );
    });
  });

  it('never says up without an answer, nor denies an answer', () => {
    holds((observation, before) => {
      const isAnswered = observation.answer.kind === 'snapshot';
      expect(/^(up|unproven|replaced|displaced)$/.test(judge(observation, before).kind)).toBe(isAnswered);
    });
  });

  it('says unresponsive for timeouts only', () => {
    holds((observation, before) => {
      fc.pre(judge(observation, before).kind === 'unresponsive');
      expect(failure(observation)).toBe('timeout');
    });
  });
});
