import { describe, expect, it } from '@jest/globals';
import { type Attempt, isAlive, judgeAttempt } from '../../../src/alert/delivery/retry.ts';
import type { Outcome } from '../../../src/alert/request/outcome.ts';

const FIRST: Attempt = { failures: 0, rejections: 0, ageMs: 0, maxAgeMs: 86_400_000, random: 0.5 };

function answered(status: number, retryAfterMs: number | null = null): Outcome {
  return { kind: 'answered', status, retryAfterMs, excerpt: null };
}

const UNANSWERED: Outcome = { kind: 'unanswered', problem: 'no answer' };
const UNSENDABLE: Outcome = { kind: 'unsendable', problem: 'refused address' };

function delays(outcome: Outcome, random: number): (number | string)[] {
  return Array.from({ length: 5 }, (_, failures) => {
    const verdict = judgeAttempt(outcome, { ...FIRST, failures, random });
    return verdict.kind === 'retry' ? verdict.afterMs / 1_000 : verdict.kind;
  });
}

describe('the schedule', () => {
  it('is 5 s, 30 s, then every 50 s', () => {
    expect(delays(UNANSWERED, 0.5)).toEqual([5, 30, 50, 50, 50]);
  });

  it('is spread by a fifth to either side, and never waits longer than a minute', () => {
    expect(delays(answered(503), 0)).toEqual([4, 24, 40, 40, 40]);
    expect(delays(answered(503), 1)).toEqual([6, 36, 60, 60, 60]);
  });

  it('waits after a rejection by the rejections of the message, not by the failures of the receiver', () => {
    expect(judgeAttempt(answered(404), { ...FIRST, failures: 20 })).toMatchObject({ afterMs: 5_000 });
    expect(judgeAttempt(answered(404), { ...FIRST, rejections: 1 })).toMatchObject({ afterMs: 30_000 });
  });

  it.each([200, 201, 204, 299])('takes %s as delivered', (status) => {
    expect(judgeAttempt(answered(status), FIRST)).toEqual({ kind: 'delivered' });
  });

  it.each([408, 425, 429, 500, 502, 503, 504, 599])('tries again after %s, however often', (status) => {
    expect(judgeAttempt(answered(status), { ...FIRST, failures: 20, rejections: 2 })).toMatchObject({
      kind: 'retry',
      rejected: false,
    });
  });

  it.each([301, 302, 307, 400, 401, 403, 404, 405, 413, 422])('gives up at the third %s', (status) => {
    expect(judgeAttempt(answered(status), { ...FIRST, rejections: 1 })).toMatchObject({
      kind: 'retry',
      rejected: true,
    });
    expect(judgeAttempt(answered(status), { ...FIRST, rejections: 2 })).toEqual({ kind: 'dead', afterMs: 0 });
  });

  it('gives up at the third attempt at a refused address', () => {
    expect(judgeAttempt(UNSENDABLE, FIRST)).toMatchObject({ kind: 'retry' });
    expect(judgeAttempt(UNSENDABLE, { ...FIRST, rejections: 2 })).toEqual({ kind: 'dead', afterMs: 0 });
  });

  it('turns the receiver off after 410', () => {
    expect(judgeAttempt(answered(410), { ...FIRST, ageMs: 99 * FIRST.maxAgeMs })).toEqual({ kind: 'off' });
  });

  it('gives up at the first failed attempt after the maximum age, and not before', () => {
    expect(judgeAttempt(UNANSWERED, { ...FIRST, ageMs: FIRST.maxAgeMs - 1 })).toMatchObject({ kind: 'retry' });
    expect(judgeAttempt(UNANSWERED, { ...FIRST, ageMs: FIRST.maxAgeMs })).toMatchObject({ kind: 'dead' });
  });

  it('waits as long before the next message, after a message that became too old', () => {
    const old = { ...FIRST, failures: 20, ageMs: FIRST.maxAgeMs };
    expect(judgeAttempt(UNANSWERED, old)).toEqual({ kind: 'dead', afterMs: 50_000 });
  });
});

describe('Retry-After', () => {
  it.each([
    [120_000, 120_000],
    [1, 200],
    [99 * 3_600_000, 3_600_000],
  ])('of %s ms is obeyed: %s ms at least, not earlier than asked', (asked, waited) => {
    expect(judgeAttempt(answered(429, asked), { ...FIRST, random: 0 })).toMatchObject({ afterMs: waited });
    expect(judgeAttempt(answered(503, asked), { ...FIRST, random: 1 })).toMatchObject({ afterMs: waited * 1.2 });
  });

  it('of nothing is not obeyed for ever by a receiver that goes on failing', () => {
    const waits = [0, 1, 2, 3, 99].map((failures) => judgeAttempt(answered(503, 0), { ...FIRST, failures, random: 0 }));
    expect(waits.map((wait) => 'afterMs' in wait && wait.afterMs)).toEqual([200, 200, 200, 5_000, 5_000]);
  });

  it('holds for the next message too, if this one is given up', () => {
    const last = { ...FIRST, rejections: 2, random: 0 };
    expect(judgeAttempt(answered(403, 9_000), last)).toEqual({ kind: 'dead', afterMs: 9_000 });
  });
});

describe('a receiver', () => {
  it.each([answered(204), answered(404), UNSENDABLE])('works if it accepts or rejects a message: %j', (outcome) => {
    expect(isAlive(outcome)).toBe(true);
  });

  it.each([answered(503), answered(429), UNANSWERED])('does not work for now after %j', (outcome) => {
    expect(isAlive(outcome)).toBe(false);
  });
});
