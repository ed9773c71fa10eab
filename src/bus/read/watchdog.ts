import type { StreamLook, StreamState } from './stream-look.ts';

/** A node that the leader has not heard of for this long is away. */
const AWAY_MS = 5_000;
const STUCK_MS = 3_000;
/** Looks in a row without an answer after which another server is tried. */
const MOST_SILENT = 3;
/** Looks in a row that show a stream without a leader or majority: a new leader has not heard of the others at first. */
const MOST_LEADERLESS = 2;
/** Looks in a row that show a stream shorter than what was read: the leader can be a moment behind a replica. */
const MOST_SHORT = 2;

/** Whether a message that was read is still the same on the bus. */
export type Comparison = 'same' | 'other' | 'unknown';

/** Comparisons in a row without an answer after which the stream is read without one: it may not allow them. */
const MOST_UNKNOWN = 3;

/** What the looks at a stream showed so far. */
export interface Watch {
  /** Looks in a row that nothing answered. */
  readonly silent: number;
  /** Looks in a row that showed no leader, or no majority. */
  readonly leaderless: number;
  /** Looks in a row that showed less than was read. */
  readonly short: number;
  /** Comparisons in a row without an answer. */
  readonly unknown: number;
  /** Since when there are messages that do not come, by the clock of {@link Circumstances}; null if there are none. */
  readonly waitingSince: number | null;
}

/** What a look is judged by. */
export interface Circumstances {
  /** Milliseconds of a clock that never steps. */
  readonly now: number;
  /** When the last message came, or the consumer was opened. */
  readonly heardAt: number;
  /** Sequence up to which the stream was read when the look was begun. */
  readonly position: number;
  /** `created` of the stream that is read; null before the first look. */
  readonly created: string | null;
  /** A message that was read, and the stream. */
  readonly comparison: Comparison;
}

/**
 * What to do: nothing, because all is well (`fine`), or because it is too early to tell (`doubtful`: no consumer is opened then); read from another server (`unhealthy`); read through a
 * new consumer (`stuck`); or read another log (`rewound`), because the stream was made anew or lost messages that were read.
 */
export type Verdict = 'fine' | 'doubtful' | 'unhealthy' | 'stuck' | 'rewound';

/** A watch that has seen nothing yet. */
export const FRESH_WATCH: Watch = { silent: 0, leaderless: 0, short: 0, unknown: 0, waitingSince: null };

/** Decides what follows from a look at a stream that is being read. */
export function judge(
  former: Watch,
  look: StreamLook,
  at: Circumstances,
): { readonly watch: Watch; readonly verdict: Verdict } {
  if (look.kind !== 'state') {
    const silent = look.kind === 'silent' ? former.silent + 1 : 0;
    const verdict = silent >= MOST_SILENT ? 'unhealthy' : 'doubtful';
    return { watch: verdict === 'unhealthy' ? FRESH_WATCH : { ...former, silent }, verdict };
  }
  const watch = watchAfter(former, look.state, at);
  const verdict = verdictOf(watch, look.state, at);
  return { watch: verdict === 'fine' || verdict === 'doubtful' ? watch : FRESH_WATCH, verdict };
}

function watchAfter(former: Watch, state: StreamState, { now, position, comparison }: Circumstances): Watch {
  return {
    silent: 0,
    leaderless: isLed(state) ? 0 : former.leaderless + 1,
    short: state.lastSeq < position ? former.short + 1 : 0,
    unknown: comparison === 'unknown' ? former.unknown + 1 : 0,
    waitingSince: state.lastSeq > position ? (former.waitingSince ?? now) : null,
  };
}

function verdictOf(
  { leaderless, short, unknown, waitingSince }: Watch,
  { created }: StreamState,
  at: Circumstances,
): Verdict {
  if ((at.created !== null && at.created !== created) || at.comparison === 'other' || short >= MOST_SHORT)
    return 'rewound';
  if (leaderless >= MOST_LEADERLESS) return 'unhealthy';
  if (waitingSince !== null && at.now - Math.max(waitingSince, at.heardAt) >= STUCK_MS) return 'stuck';
  return leaderless + short > 0 || (unknown > 0 && unknown < MOST_UNKNOWN) ? 'doubtful' : 'fine';
}

/** Whether it has a leader that hears of a majority, itself counted. */
function isLed({ hasLeader, replicas, heardMs }: StreamState): boolean {
  const present = 1 + heardMs.filter((ms) => ms < AWAY_MS).length;
  return hasLeader && present > replicas / 2;
}
