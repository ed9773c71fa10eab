import { isSuccess, type Outcome } from '../request/outcome.ts';

/** How long to wait after the first, second … failed attempt, in milliseconds; the last delay repeats. */
const DELAYS_MS = [5_000, 30_000, 120_000, 300_000, 900_000, 1_800_000, 3_600_000] as const;

/** How far a delay is spread to either side, so that not all exporters return at the same moment. */
const SPREAD = 0.2;

/** The limits of `Retry-After`, in milliseconds: a mistake of the receiver must not stop its messages for a day. */
const LEAST_RETRY_AFTER_MS = 200;
const MOST_RETRY_AFTER_MS = 3_600_000;

/** The longest that a message waits for its next attempt, in milliseconds. */
export const LONGEST_DELAY_MS = MOST_RETRY_AFTER_MS * (1 + SPREAD);

/** A message is given up after this many rejections. */
const MOST_REJECTIONS = 3;

/** Statuses that do not reject the message, only the moment: timeout, too early, too many requests. */
const PASSING_STATUSES = [408, 425, 429];

/** What happens to a message after an attempt. */
export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly afterMs: number; readonly rejected: boolean }
  | { readonly kind: 'dead' }
  /** The receiver is gone for good: nothing is sent to it any more, and the message stays queued. */
  | { readonly kind: 'off' };

/** The history of a message when an attempt ended. */
export interface Attempt {
  /** Earlier attempts that failed, and how many of them were rejections. */
  readonly attempts: number;
  readonly rejections: number;
  /** The age of the message, and the age at which it is given up, in milliseconds. */
  readonly ageMs: number;
  readonly maxAgeMs: number;
  /** Between 0 and 1. */
  readonly random: number;
}

/** Decides what happens to a message. Only a failed attempt can give it up, so a message that became too old while it waited is tried once more. */
export function judgeAttempt(outcome: Outcome, attempt: Attempt): Verdict {
  if (outcome.kind === 'answered' && isSuccess(outcome.status)) return { kind: 'delivered' };
  if (outcome.kind === 'answered' && outcome.status === 410) return { kind: 'off' };
  const rejected = isRejection(outcome);
  if (rejected && attempt.rejections + 1 >= MOST_REJECTIONS) return { kind: 'dead' };
  if (attempt.ageMs >= attempt.maxAgeMs) return { kind: 'dead' };
  return { kind: 'retry', afterMs: delayAfter(outcome, attempt), rejected };
}

function delayAfter(outcome: Outcome, { attempts, random }: Attempt): number {
  const asked = outcome.kind === 'answered' ? outcome.retryAfterMs : null;
  if (asked !== null) {
    const wait = Math.min(Math.max(asked, LEAST_RETRY_AFTER_MS), MOST_RETRY_AFTER_MS);
    return Math.round(wait * (1 + SPREAD * random));
  }
  const delay = DELAYS_MS[Math.min(attempts, DELAYS_MS.length - 1)] ?? MOST_RETRY_AFTER_MS;
  return Math.round(delay * (1 - SPREAD + 2 * SPREAD * random));
}

function isRejection(outcome: Outcome): boolean {
  if (outcome.kind !== 'answered') return outcome.kind === 'unsendable';
  return outcome.status < 500 && !PASSING_STATUSES.includes(outcome.status);
}
