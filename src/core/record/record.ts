import type { Cause } from '../death/cause.ts';
import type { HazardFinding } from '../death/hazard.ts';
import type { Loss, SessionReference } from '../event/event.ts';
import type { Containment } from '../model/containment.ts';
import type { Failure, ProcessMark } from '../model/observation.ts';
import type { GoneReason, Incarnation, ServerState, Target, UnreachableCause } from '../model/server.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ServerProcesses } from '../process/server-processes.ts';

/** The life of a server that answered at least once. Times are Unix milliseconds. */
export interface Life {
  readonly incarnation: Incarnation;
  /** The server's process in our pid namespace; null where it is not visible there. */
  readonly process: ProcessMark | null;
  readonly uid: number;
  /** The socket files that lead to it, its own first: another path to one of them leads to no other server. */
  readonly files: readonly string[];
  /** Null where it never answered. */
  readonly version: string | null;
  /** As of the last answer, also while later polls fail. Null after a restart where they were too many to be stored. */
  readonly sessions: readonly SessionReference[] | null;
  /** What its death would lose, as of the last answer; null where it never answered. */
  readonly holds: Loss | null;
  /** When that was asked, Unix milliseconds. */
  readonly heldAt: number;
  readonly lastSeenAt: number;
  /** Where it lives, as of the last answer: compared when it has died. Null where that cannot be seen. */
  readonly containment: Containment | null;
  /** Whether it was lived in an earlier boot of the machine, so that it has ended for certain. */
  readonly earlierBoot: boolean;
}

/** How a server died. Times are Unix milliseconds. */
export interface Death {
  readonly reason: GoneReason;
  /** As known when it was found. */
  readonly cause: Cause;
  readonly at: number;
}

/** What is known of one registered server: replaced as a whole by each look, never changed in place. */
export interface ServerRecord {
  readonly target: Target;
  /** Number of this registration: a look that began under another one is thrown away. */
  readonly generation: number;
  readonly state: ServerState;
  /** Since when it is in that state, Unix milliseconds. */
  readonly since: number;
  /** Why it is not to be talked to; null in every other state. */
  readonly unreachable: UnreachableCause | null;
  /** Whether something has listened there since the last death. */
  readonly seenAlive: boolean;
  readonly life: Life | null;
  /** What the last poll brought; null where it failed: only what is fresh may be shown. */
  readonly snapshot: Snapshot | null;
  /** How the last poll failed; null where it did not. */
  readonly failure: Failure | null;
  /** How long the last poll took; null before the first. */
  readonly pollMs: number | null;
  /** Polls in a row that timed out. */
  readonly timeouts: number;
  /** Since when the socket refuses connections, Unix milliseconds; null where it does not. */
  readonly refusedSince: number | null;
  /** The known dangers to it, as last looked for; null before the first look. */
  readonly hazards: readonly HazardFinding[] | null;
  /** What the processes under its panes use; null where that is not known. */
  readonly processes: ServerProcesses | null;
  /** By how much the wall clock was set during its life, as far as we saw: the life began by another clock. */
  readonly clockSetMs: number;
  /** Its last death, for a server that waits as `gone`; null otherwise. */
  readonly death: Death | null;
  /** Id of the event that opened the incident which its next life, or its recovery, will end; null where all is well. */
  readonly incident: string | null;
}

/** The record of a server that was only just registered. */
export function newRecord(target: Target, generation: number, now: number, incident: string | null): ServerRecord {
  return {
    target,
    generation,
    state: 'pending',
    since: now,
    unreachable: null,
    seenAlive: target.registration === 'discovered',
    life: null,
    snapshot: null,
    failure: null,
    pollMs: null,
    timeouts: 0,
    refusedSince: null,
    hazards: null,
    processes: null,
    clockSetMs: 0,
    death: null,
    incident,
  };
}

/** The record after the wall clock was set by `stepMs`: what happened a minute ago still did. */
export function movedRecord(record: ServerRecord, stepMs: number): ServerRecord {
  const { since, refusedSince, clockSetMs, life } = record;
  return {
    ...record,
    since: since + stepMs,
    refusedSince: refusedSince === null ? null : refusedSince + stepMs,
    clockSetMs: clockSetMs + stepMs,
    life: life && mapInstants(life, (at) => at + stepMs),
  };
}

function mapInstants(life: Life, map: (at: number) => number): Life {
  const { heldAt, lastSeenAt, containment } = life;
  return {
    ...life,
    heldAt: map(heldAt),
    lastSeenAt: map(lastSeenAt),
    containment: containment && { ...containment, readAt: map(containment.readAt) },
  };
}

/** What of a server is kept beyond our own life. Times are Unix milliseconds. */
export interface SavedServer {
  readonly target: Target;
  readonly state: ServerState;
  readonly since: number;
  readonly unreachable: UnreachableCause | null;
  readonly incident: string | null;
  readonly life: Life | null;
  /** Whether the last poll had reached it. */
  readonly fresh: boolean;
}

/** The record of a server as it was kept from before `now`, when we started: what became of its life is for the first look to say. */
export function restoredRecord(
  { target, state, since, unreachable, incident, life }: SavedServer,
  generation: number,
  rebooted: boolean,
  isConfigured: (target: Target) => boolean,
  now: number,
): ServerRecord {
  const inThePast = (at: number) => Math.min(at, now);
  const registration = target.registration === 'static' && !isConfigured(target) ? 'discovered' : target.registration;
  return {
    ...newRecord({ ...target, registration }, generation, inThePast(since), incident),
    state,
    unreachable,
    seenAlive: life !== null,
    // The number of a file can be that of another one by now.
    life: life && { ...mapInstants(life, inThePast), files: [], earlierBoot: rebooted || life.earlierBoot },
  };
}

/** A server that is known to run by its process alone, and never answered. */
export interface FoundProcess {
  readonly mark: ProcessMark;
  readonly uid: number;
  /** Unix seconds. */
  readonly startedAt: number;
}

/** The life of a server of which only the process is known. */
export function lifeOfProcess({ mark, uid, startedAt }: FoundProcess, now: number): Life {
  return {
    incarnation: { pid: mark.pid, startedAt },
    process: mark,
    uid,
    files: [],
    version: null,
    sessions: [],
    holds: null,
    heldAt: now,
    lastSeenAt: now,
    containment: null,
    earlierBoot: false,
  };
}
