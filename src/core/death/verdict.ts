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

/** What is known of a server from earlier looks. */
export interface Past {
  /** Whether something has ever listened there since the last death: only then is there a life to lose. */
  readonly seenAlive: boolean;
  /** The life last seen; null before the first answer and after a death. */
  readonly incarnation: Incarnation | null;
  /** The process of that life; null where it is not known. */
  readonly process: ProcessMark | null;
  /** Whether that life was lived in an earlier boot of the machine. */
  readonly earlierBoot: boolean;
  /** Polls in a row that timed out, without the present one. */
  readonly timeouts: number;
  /** Since when the socket has refused connections, Unix milliseconds; null where it does not. */
  readonly refusedSince: number | null;
}

/** What a look means for a server. */
export type Verdict =
  | { readonly kind: 'up' }
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

/** Draws the verdict from evidence only. A server is gone only where its process is dead, or cannot be known and nothing listens. */
export function judge(observation: Observation, past: Past): Verdict {
  const { answer, evidence } = observation;
  if (past.earlierBoot) return { kind: answer.kind === 'snapshot' ? 'replaced' : 'gone', reason: 'rebooted' };
  if (answer.kind === 'snapshot') return judgeAnswer(answer, evidence, past);
  const death = past.seenAlive ? judgeDeath(evidence) : null;
  if (death) return { kind: 'gone', reason: death };
  return judgeLife(observation, past) ?? FAILED;
}

/** A known process is believed, not what a server says of itself: one that claims the life of another has neither its death nor its place. */
function judgeAnswer({ snapshot, process }: SnapshotAnswer, evidence: Evidence, past: Past): Verdict {
  if (past.incarnation === null) return { kind: 'up' };
  // One process that lives on is one life, also where its start was only read off the process.
  if (evidence.process === 'alive') return { kind: isSameProcess(past.process, process) ? 'up' : 'displaced' };
  const isOther = evidence.process === 'dead' || !isSameIncarnation(past.incarnation, snapshot.incarnation);
  return isOther ? { kind: 'replaced', reason: 'replaced' } : { kind: 'up' };
}

function judgeDeath({ process, connect, listening, watch }: Evidence): GoneReason | null {
  const nothingAnswers = connect === 'refused' || connect === 'absent' || connect === 'not_a_socket';
  if (process === 'dead') {
    if (connect === 'accepted' || connect === 'busy') return 'replaced';
    return nothingAnswers || listening === false ? reasonOf(watch) : null;
  }
  return process === 'unknown' && nothingAnswers && listening !== true ? reasonOf(watch) : null;
}

function reasonOf(watch: LastWord | null): GoneReason {
  if (watch === null) return 'lost';
  return watch === 'nothing' ? 'crashed' : 'exited';
}

function judgeLife({ answer, evidence, startedAt }: Observation, past: Past): Verdict | null {
  const living = evidence.process === 'alive';
  if (living && (evidence.connect === 'absent' || evidence.connect === 'not_a_socket'))
    return unreachable('socket_lost');
  if (living && evidence.connect === 'refused') {
    // It listens where nobody gets, and not for the first time: its file was replaced by that of another server, which has died.
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
