import type { Containment } from './containment.ts';
import type { FailureReason } from './server.ts';
import type { Snapshot } from './snapshot.ts';

/** The result of `connect` on the socket path. */
export type Connect = 'accepted' | 'busy' | 'refused' | 'absent' | 'denied' | 'not_a_socket' | 'failed';

/** Whether the process of the known life still runs; `unknown` if there is no known life, or its process cannot be seen. */
export type ProcessLiveness = 'alive' | 'dead' | 'unknown';

/** The result of asking the server by the tmux protocol, or by a tmux client and its stderr. */
export type Saying =
  | 'answered'
  | 'no_server'
  | 'no_socket'
  | 'lost_server'
  | 'permission'
  | 'protocol_mismatch'
  | 'no_target'
  /** The server closed the connection without an answer. */
  | 'cut'
  | 'timeout'
  | 'garbled'
  | 'not_started'
  | 'other'
  | 'not_asked';

/**
 * The last message of a server to the connection of its death watch: its last session was closed, it was shut down, it ended for
 * one of these two reasons without saying which, or nothing, as in a crash.
 */
export type LastWord = 'last_session_closed' | 'shut_down' | 'ended' | 'nothing';

/** The reason for a poll: its turn, the end of a death watch, or the start of the exporter. */
export type Trigger = 'poll' | 'watch' | 'start';

/** Ends polls without a result: an aborted poll observes nothing. */
export interface PollAbort {
  /** For a poll in which nothing points to a death. */
  readonly routine: AbortSignal;
  /** For a poll that examines a death. */
  readonly examination: AbortSignal;
}

/** The evidence of one poll. The verdict depends on this alone. */
export interface Evidence {
  readonly trigger: Trigger;
  readonly connect: Connect;
  readonly process: ProcessLiveness;
  /** Whether the kernel lists the path as listening; null if the kernel cannot be asked. */
  readonly listening: boolean | null;
  readonly tmux: Saying;
  /** How the death watch ended; null if it has not ended, or if its end proves nothing. */
  readonly watch: LastWord | null;
}

/** The identity of a process: a pid alone can be reused by a later one. */
export interface ProcessMark {
  readonly pid: number;
  /** Its start time according to the kernel. Only for comparison. */
  readonly start: string;
}

/** What is known of the process of a server besides its identity. It stays the same for its whole life. */
export interface ProcessDetails {
  /** Its name, as `ps -o comm=` prints it. */
  readonly command: string;
  /** The paths at which it made its sockets, wherever they were moved. On SIGUSR1 it makes them there again. None if they are not known. */
  readonly boundPaths: readonly string[];
  /** Whether it lives in another mount namespace, as in a container: what it runs is no program of ours. */
  readonly isElsewhere: boolean;
}

/** The socket that a server answered on. */
export interface AnsweringSocket {
  readonly path: string;
  /** Its owner. */
  readonly uid: number;
  /** Key of its file, see `fileKey`. */
  readonly file: string;
  /** A path to connect to that always leads to this very socket. */
  readonly reach: string;
}

/** The process that a server claims to be. */
export interface Claim {
  readonly mark: ProcessMark;
  /** `proven` if the process was found to hold the socket, `unseen` if that cannot be seen, `undecided` if the proof was not completed in time. */
  readonly proof: 'proven' | 'unseen' | 'undecided';
  /** Null if they cannot be seen. */
  readonly details: ProcessDetails | null;
}

/** Whether two marks belong to the same process; false if one of them is unknown. */
export function isSameProcess(a: ProcessMark | null | undefined, b: ProcessMark | null | undefined): boolean {
  return a != null && b != null && a.pid === b.pid && a.start === b.start;
}

/** Why a poll failed: the reason as a metric label, and a sentence that says what was found and how to fix it. */
export interface Failure {
  readonly reason: FailureReason;
  readonly message: string;
}

/** The answer of a server to a poll, or the failure of the poll. */
export type Answer =
  | {
      readonly kind: 'snapshot';
      readonly snapshot: Snapshot;
      /** The process that the server claims to be; null if that process is not visible, or if the claim is seen to be false, or undecided. */
      readonly process: ProcessMark | null;
      /** The process that the server claims to be if the proof was not completed in time, as on a busy machine; otherwise null. */
      readonly undecided: ProcessMark | null;
      /** Null if the process is, or if they cannot be seen. */
      readonly details: ProcessDetails | null;
      /** Whether that process was found to hold the socket. */
      readonly isProven: boolean;
      readonly uid: number;
      /** Key of the socket's file, see `fileKey`; null if unknown. */
      readonly file: string | null;
      readonly containment: Containment | null;
    }
  | { readonly kind: 'failure'; readonly failure: Failure };

/** The result of one poll of one server: its answer and the evidence. Times are those of {@link Clock.uptime}, because the wall clock may be set during a poll. */
export interface Observation {
  readonly answer: Answer;
  readonly evidence: Evidence;
  /** When the poll began. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** When the death watch ended by a death; null if it did not. */
  readonly diedAt: number | null;
}

/** An observation in the registry: `startedAt` and `diedAt` are Unix milliseconds here. */
export interface DatedObservation extends Observation {
  readonly span: Span;
}

/** When a poll began and ended, in the milliseconds of {@link Clock.uptime}. */
export interface Span {
  readonly from: number;
  readonly until: number;
}
