import type { Containment } from './containment.ts';
import type { FailureReason } from './server.ts';
import type { Snapshot } from './snapshot.ts';

/** What `connect` on the socket path said. */
export type Connect = 'accepted' | 'busy' | 'refused' | 'absent' | 'denied' | 'not_a_socket' | 'failed';

/** Whether the process of the known life still runs; `unknown` where no life or no readable process is known. */
export type ProcessLiveness = 'alive' | 'dead' | 'unknown';

/** What a tmux client said, told from its exit and its own stderr lines. */
export type Saying =
  | 'answered'
  | 'no_server'
  | 'no_socket'
  | 'lost_server'
  | 'permission'
  | 'protocol_mismatch'
  | 'no_target'
  /** It closed the connection without an answer. */
  | 'cut'
  | 'timeout'
  | 'garbled'
  | 'not_started'
  | 'other'
  | 'not_asked';

/**
 * What a server said at its end to the connection that waits for it: that its last session was closed, that somebody shut it down,
 * that it ended in order for one of these two reasons, or nothing at all, as in a crash.
 */
export type LastWord = 'last_session_closed' | 'shut_down' | 'ended' | 'nothing';

/** What makes us look at a server. */
export type Trigger = 'poll' | 'watch' | 'start';

/** The facts from which, and from nothing else, a verdict is drawn. */
export interface Evidence {
  readonly trigger: Trigger;
  readonly connect: Connect;
  readonly process: ProcessLiveness;
  /** Whether the kernel lists the path as listening; null where it cannot be asked. */
  readonly listening: boolean | null;
  readonly tmux: Saying;
  /** What the death watch heard of the end of the server; null if it goes on, or has heard nothing that proves anything. */
  readonly watch: LastWord | null;
}

/** A process, told apart from a later one with the same pid. */
export interface ProcessMark {
  readonly pid: number;
  /** When the kernel says it started, in a form that is only ever compared. */
  readonly start: string;
}

/** The socket at which a server answered. */
export interface AnsweringSocket {
  readonly path: string;
  /** Its owner. */
  readonly uid: number;
  /** What tells its file apart from all others. */
  readonly file: string;
}

/** The process that a server says it is. */
export interface Claim {
  readonly mark: ProcessMark;
  /** Whether the process was seen to hold the socket; otherwise that cannot be seen. */
  readonly isProven: boolean;
}

/** Whether two marks are of one process. What is not known is no process. */
export function isSameProcess(a: ProcessMark | null | undefined, b: ProcessMark | null | undefined): boolean {
  return a != null && b != null && a.pid === b.pid && a.start === b.start;
}

/** A failed poll: the reason as a metric label, and a sentence that says what was found and how to mend it. */
export interface Failure {
  readonly reason: FailureReason;
  readonly message: string;
}

/** What a look at a server brought back. */
export type Answer =
  | {
      readonly kind: 'snapshot';
      readonly snapshot: Snapshot;
      /** The process that the server says it is; null where that is not visible, or not true as far as can be seen. */
      readonly process: ProcessMark | null;
      /** Whether that process was seen to hold the socket now. */
      readonly isProven: boolean;
      readonly uid: number;
      /** What tells the file of the socket apart from all others; null where that is not known. */
      readonly file: string | null;
      readonly containment: Containment | null;
    }
  | { readonly kind: 'failure'; readonly failure: Failure };

/** One look at one server: its answer, and the evidence around it. Instants are those of {@link Clock.uptime}: the wall clock may be set during a look. */
export interface Observation {
  readonly answer: Answer;
  readonly evidence: Evidence;
  /** When the look began. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** When the death watch told of a death; null where it did not. */
  readonly diedAt: number | null;
}
