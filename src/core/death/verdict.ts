import {
  type Answer,
  type Evidence,
  isSameProcess,
  type LastWord,
  type Observation,
  type ProcessMark,
} from '../model/observation.ts';
import { type GoneReason, type Incarnation, isSameIncarnation, type UnreachableCause } from '../model/server.ts';

/** How long a live process may refuse connections before it counts as wedged. */
export const WEDGED_AFTER_MS = 5_000;

/** How many polls in a row must time out before a server counts as unresponsive. */
export const UNRESPONSIVE_AFTER_TIMEOUTS = 2;

/** How many answers in a row may be undecided before the known life counts as displaced by them. */
export const MOST_UNDECIDED = 10;

/** What earlier polls found out about a server. */
export interface Past {
  /** Whether something has listened at the socket since the last death. If not, there is no life to lose. */
  readonly seenAlive: boolean;
  /** The last life that answered; null before the first answer and after a death. */
  readonly incarnation: Incarnation | null;
  /** The process of that life; null if unknown. */
  readonly process: ProcessMark | null;
  /** Whether that life was in an earlier boot of the machine. */
  readonly earlierBoot: boolean;
  /** Number of polls in a row that timed out, without the present one. */
  readonly timeouts: number;
  /** Since when the socket has refused connections, Unix milliseconds; null if it does not. */
  readonly refusedSince: number | null;
  /** Number of answers in a row for which the proof of their process was not completed in time, without the present one. */
  readonly undecided: number;
}

/** What the evidence of a poll means for a server. */
export type Verdict =
  | { readonly kind: 'up' }
  /** The known life seems to answer, and its process lives; the proof that it is that process was not completed in time. */
  | { readonly kind: 'unproven' }
  /** Another life answers and the known one has ended. */
  | { readonly kind: 'replaced'; readonly reason: GoneReason }
  /** Another life answers while the known one still runs without its socket. */
  | { readonly kind: 'displaced' }
  | { readonly kind: 'gone'; readonly reason: GoneReason }
  | { readonly kind: 'unresponsive' }
  | { readonly kind: 'unreachable'; readonly cause: UnreachableCause }
  /** The poll failed and says nothing about life or death: the state stays. */
  | { readonly kind: 'failed' };

type SnapshotAnswer = Extract<Answer, { kind: 'snapshot' }>;

const FAILED: Verdict = { kind: 'failed' };

/** Decides from evidence only whether a server is dead. It is gone only if its process is dead, or if its process is unknown and nothing listens. */
export function judge(observation: Observation, past: Past): Verdict {
  const { answer, evidence } = observation;
  if (past.earlierBoot) return { kind: answer.kind === 'snapshot' ? 'replaced' : 'gone', reason: 'rebooted' };
  if (answer.kind === 'snapshot') return judgeAnswer(answer, evidence, past);
  const death = past.seenAlive ? judgeDeath(evidence) : null;
  if (death) return { kind: 'gone', reason: death };
  return judgeLife(observation, past) ?? FAILED;
}

/** Trusts the known process more than what a server claims: a server that claims to be another one must not hide the other's death or take its place. */
function judgeAnswer(answer: SnapshotAnswer, evidence: Evidence, past: Past): Verdict {
  const { snapshot, process } = answer;
  if (past.incarnation === null) return { kind: 'up' };
  // A process that is still alive is the same life, even if the start of that life was only read off the process.
  if (evidence.process === 'alive' && isSameProcess(past.process, process)) return { kind: 'up' };
  if (evidence.process === 'alive') return { kind: mayBeKnown(answer, past) ? 'unproven' : 'displaced' };
  const isOther = evidence.process === 'dead' || !isSameIncarnation(past.incarnation, snapshot.incarnation);
  return isOther ? { kind: 'replaced', reason: reasonOf(evidence.watch, 'replaced') } : { kind: 'up' };
}

/** Whether an undecided answer may come from the known life. Not for ever: another server must not keep the place of the known one. */
function mayBeKnown({ snapshot, undecided }: SnapshotAnswer, past: Past): boolean {
  if (past.incarnation === null || past.undecided >= MOST_UNDECIDED) return false;
  return isSameProcess(past.process, undecided) && isSameIncarnation(past.incarnation, snapshot.incarnation);
}

function judgeDeath({ process, connect, listening, watch }: Evidence): GoneReason | null {
  const nothingAnswers = connect === 'refused' || connect === 'absent' || connect === 'not_a_socket';
  if (process === 'dead') {
    if (nothingAnswers || listening === false) return reasonOf(watch, 'lost');
    return connect === 'accepted' || connect === 'busy' ? reasonOf(watch, 'replaced') : null;
  }
  return process === 'unknown' && nothingAnswers && listening !== true ? reasonOf(watch, 'lost') : null;
}

/** How a life ended by its last word, whatever is at its path by now. If nobody heard one, what was found says it. */
function reasonOf(watch: LastWord | null, found: GoneReason): GoneReason {
  if (watch === null) return found;
  return watch === 'nothing' ? 'crashed' : 'exited';
}

function judgeLife({ answer, evidence, startedAt }: Observation, past: Past): Verdict | null {
  const living = evidence.process === 'alive';
  if (living && (evidence.connect === 'absent' || evidence.connect === 'not_a_socket'))
    return unreachable('socket_lost');
  if (living && evidence.connect === 'refused') {
    // It still listens, but its socket file was replaced by another server's that has since died; seen on two polls in a row.
    if (evidence.listening === true && past.refusedSince !== null) return unreachable('socket_lost');
    const refusedMs = startedAt - (past.refusedSince ?? startedAt);
    return refusedMs > WEDGED_AFTER_MS ? unreachable('wedged') : null;
  }
  if (answer.kind !== 'failure') return null;
  switch (answer.failure.reason) {
    case 'timeout':
      return past.timeouts + 1 >= UNRESPONSIVE_AFTER_TIMEOUTS ? { kind: 'unresponsive' } : null;
    case 'permission':
      return living || evidence.listening === true ? unreachable('permission') : null;
    case 'version_mismatch':
      return unreachable('version_mismatch');
    default:
      return null;
  }
}

function unreachable(cause: UnreachableCause): Verdict {
  return { kind: 'unreachable', cause };
}
