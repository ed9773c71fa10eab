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

/** What the looks at a stream showed so far. */
export interface Watch {
  /** Looks in a row that nothing answered. */
  readonly silent: number;
  /** Looks in a row that showed no leader, or no majority. */
  readonly leaderless: number;
  /** Looks in a row that showed less than was read. */
  readonly short: number;
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
  /** Whether a message that was read is still the same in the stream. */
  readonly isSame: boolean;
}

/**
 * What to do: nothing, because all is well or it is too early to tell; read from another server (`unhealthy`); read through a
 * new consumer (`stuck`); or read another log (`rewound`), because the stream was made anew or lost messages that were read.
 */
export type Verdict = 'fine' | 'doubtful' | 'unhealthy' | 'stuck' | 'rewound';

/** A watch that has seen nothing yet. */
export const FRESH_WATCH: Watch = { silent: 0, leaderless: 0, short: 0, waitingSince: null };

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

function watchAfter(former: Watch, state: StreamState, { now, position }: Circumstances): Watch {
  return {
    silent: 0,
    leaderless: isLed(state) ? 0 : former.leaderless + 1,
    short: state.lastSeq < position ? former.short + 1 : 0,
    waitingSince: state.lastSeq > position ? (former.waitingSince ?? now) : null,
  };
}

function verdictOf({ leaderless, short, waitingSince }: Watch, { created }: StreamState, at: Circumstances): Verdict {
  if ((at.created !== null && at.created !== created) || !at.isSame || short >= MOST_SHORT) return 'rewound';
  if (leaderless >= MOST_LEADERLESS) return 'unhealthy';
  if (waitingSince !== null && at.now - Math.max(waitingSince, at.heardAt) >= STUCK_MS) return 'stuck';
  return leaderless + short > 0 ? 'doubtful' : 'fine';
}

/** Whether it has a leader that hears of a majority, itself counted. */
function isLed({ hasLeader, replicas, heardMs }: StreamState): boolean {
  const present = 1 + heardMs.filter((ms) => ms < AWAY_MS).length;
  return hasLeader && present > replicas / 2;
}
