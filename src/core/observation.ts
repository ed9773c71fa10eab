import type { FailureReason } from './server.ts';
import type { Snapshot } from './snapshot.ts';
import type { Surroundings } from './surroundings.ts';

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
  | 'timeout'
  | 'garbled'
  | 'not_started'
  | 'other'
  | 'not_asked';

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
  /** How the death watch ended, where it did: 0 is an orderly end of the server. */
  readonly watchExit: number | null;
}

/** A process, told apart from a later one with the same pid. */
export interface ProcessMark {
  readonly pid: number;
  /** When the kernel says it started, in a form that is only ever compared. */
  readonly start: string;
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
      readonly process: ProcessMark | null;
      readonly uid: number;
      readonly surroundings: Surroundings | null;
    }
  | { readonly kind: 'failure'; readonly failure: Failure };

/** One look at one server: its answer, and the evidence around it. */
export interface Observation {
  readonly answer: Answer;
  readonly evidence: Evidence;
  /** When the look began, Unix milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** When the death watch told of a death, Unix milliseconds; null where it did not. */
  readonly diedAt: number | null;
}
