import { isSuccess, type Outcome } from '../request/outcome.ts';

/**
 * How long to wait after the first, second … failed attempt in a row, in milliseconds. The last delay repeats: with its
 * spread a receiver that works again gets its backlog after a minute at the latest, however long it was away.
 */
const DELAYS_MS = [5_000, 30_000, 50_000] as const;

/** How far a delay is spread to either side, so that not all exporters return at the same moment. */
const SPREAD = 0.2;

/** The limits of `Retry-After`, in milliseconds: a mistake of the receiver must not stop its messages for a day, nor have it asked five times a second for as long. */
const LEAST_RETRY_AFTER_MS = [200, 200, 200, 5_000] as const;
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
  /** The message is given up. The next one may be sent after this time: the receiver may still be away. */
  | { readonly kind: 'dead'; readonly afterMs: number }
  /** The receiver is gone for good: nothing is sent to it any more, and the message stays queued. */
  | { readonly kind: 'off' };

/** What came before an attempt. */
export interface Attempt {
  /** Failed attempts of any message since the receiver last worked. */
  readonly failures: number;
  /** Earlier attempts of this message that were rejected. */
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
  const afterMs = delayAfter(outcome, attempt);
  // A receiver that rejects a message works, and may want the next one.
  if (rejected && attempt.rejections + 1 >= MOST_REJECTIONS) {
    return { kind: 'dead', afterMs: askedIn(outcome) === null ? 0 : afterMs };
  }
  if (attempt.ageMs >= attempt.maxAgeMs) return { kind: 'dead', afterMs };
  return { kind: 'retry', afterMs, rejected };
}

/** Whether an outcome shows that the receiver works, even if it does not want the message. */
export function isAlive(outcome: Outcome): boolean {
  return (outcome.kind === 'answered' && isSuccess(outcome.status)) || isRejection(outcome);
}

function delayAfter(outcome: Outcome, { failures, rejections, random }: Attempt): number {
  const asked = askedIn(outcome);
  if (asked !== null) {
    const wait = Math.min(Math.max(asked, itemOf(LEAST_RETRY_AFTER_MS, failures)), MOST_RETRY_AFTER_MS);
    return Math.round(wait * (1 + SPREAD * random));
  }
  const delay = itemOf(DELAYS_MS, isRejection(outcome) ? rejections : failures);
  return Math.round(delay * (1 - SPREAD + 2 * SPREAD * random));
}

/** The item of a list at an index, or its last one. */
function itemOf(list: readonly number[], index: number): number {
  return list[index] ?? list.at(-1) ?? 0;
}

function askedIn(outcome: Outcome): number | null {
  return outcome.kind === 'answered' ? outcome.retryAfterMs : null;
}

function isRejection(outcome: Outcome): boolean {
  if (outcome.kind !== 'answered') return outcome.kind === 'unsendable';
  return outcome.status < 500 && !PASSING_STATUSES.includes(outcome.status);
}
