import type { Cause } from '../death/cause.ts';
import type { HazardFinding } from '../death/hazard.ts';
import type { Loss, SessionReference } from '../event/event.ts';
import type { Containment } from '../model/containment.ts';
import type { Failure, ProcessDetails, ProcessMark } from '../model/observation.ts';
import type { GoneReason, Incarnation, ServerState, Target, UnreachableCause } from '../model/server.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { ServerProcesses } from '../process/server-processes.ts';

/** The life of a server that answered at least once. Times are Unix milliseconds. */
export interface Life {
  readonly incarnation: Incarnation;
  /** The server's process in our pid namespace; null if it is not visible there. */
  readonly process: ProcessMark | null;
  /** Null if they cannot be seen. */
  readonly details: ProcessDetails | null;
  readonly uid: number;
  /** Keys of the socket files that lead to the server, its own first. Another path to one of them is the same server. */
  readonly files: readonly string[];
  /** Null if it never answered. */
  readonly version: string | null;
  /** As of the last answer, also while later polls fail. Null after a restart if they were too many to be stored. */
  readonly sessions: readonly SessionReference[] | null;
  /** What its death would lose, as of the last answer; null if it never answered. */
  readonly holds: Loss | null;
  /** Time of that answer, Unix milliseconds. */
  readonly heldAt: number;
  readonly lastSeenAt: number;
  /** Where it ran, as of the last answer, to compare after its death. Null if that cannot be seen. */
  readonly containment: Containment | null;
  /** Whether the life was in an earlier boot of the machine, so that it has certainly ended. */
  readonly earlierBoot: boolean;
}

/** The pid of a life on this machine: what the server says of itself can be another one, in a pid namespace of its own. */
export function pidOf({ process, incarnation }: Life): number {
  return process?.pid ?? incarnation.pid;
}

/** How a server died. Times are Unix milliseconds. */
export interface Death {
  readonly reason: GoneReason;
  /** As known when the death was detected. */
  readonly cause: Cause;
  readonly at: number;
}

/** The process that polls found at a path, without a break. */
export interface Sighting {
  readonly process: ProcessMark;
  /** When the first of these polls ended, in the milliseconds of {@link Clock.uptime}. */
  readonly since: number;
}

/** Everything known about one registered server. Each poll replaces the whole record; it never changes in place. */
export interface ServerRecord {
  readonly target: Target;
  /** Number of this registration. The result of a poll that began under another number is discarded. */
  readonly generation: number;
  readonly state: ServerState;
  /** Since when it is in that state, Unix milliseconds. */
  readonly since: number;
  /** Why the server is unreachable; null in every other state. */
  readonly unreachable: UnreachableCause | null;
  /** Whether something has listened at the socket since the last death. */
  readonly seenAlive: boolean;
  readonly life: Life | null;
  /** Key of the socket file at its path before the first poll; null after that, or if unknown. The life may be of another file. */
  readonly foundFile: string | null;
  /** The answer to the last poll; null if that failed, because only fresh values may be shown. */
  readonly snapshot: Snapshot | null;
  /** How the last poll failed; null if it did not. */
  readonly failure: Failure | null;
  /** Duration of the last poll; null before the first. */
  readonly pollMs: number | null;
  /** Number of polls in a row that timed out. */
  readonly timeouts: number;
  /** Since when the socket refuses connections, Unix milliseconds; null if it does not. */
  readonly refusedSince: number | null;
  /** Whether something else than its socket was at its path at the last poll, such as a regular file. */
  readonly isPathTaken: boolean;
  /** Number of answers in a row for which the proof of their process was not completed in time, while the known process lived. Failed polls do not end the row. */
  readonly undecided: number;
  /** When the last poll began that decided anything, in the milliseconds of {@link Clock.uptime}; null before the first. */
  readonly polledFrom: number | null;
  /** The other registered server that answered at this one's path at the last poll; null if none did. */
  readonly leadsTo: Sighting | null;
  /** When its socket was last found at another path, in milliseconds of uptime; null if it never was. */
  readonly movedAt: number | null;
  /** The known dangers to it, as of the last scan for hazards; null before the first. */
  readonly hazards: readonly HazardFinding[] | null;
  /** What the processes in its panes use; null if unknown. */
  readonly processes: ServerProcesses | null;
  /** By how much the wall clock was set during the life, as far as the exporter noticed it. Corrects the start time, which is by the former clock. */
  readonly clockSetMs: number;
  /** The last death of a server in the state `gone`; null otherwise. */
  readonly death: Death | null;
  /** Id of the event that opened the present incident, which the next life or a recovery will end; null if there is none. */
  readonly incident: string | null;
}

/** The user that the socket of a discovered server has to belong to; null if any user may have it, because a person named the socket. */
export function ownerOf({ target, life }: Pick<ServerRecord, 'target' | 'life'>): number | null {
  return target.registration === 'discovered' ? (target.uid ?? life?.uid ?? null) : null;
}

/** What a record knows of its path before the first poll there. */
export const NOT_POLLED = { polledFrom: null, leadsTo: null, movedAt: null } as const;

/** The first record of a newly registered server. */
export function newRecord(target: Target, generation: number, now: number, incident: string | null): ServerRecord {
  return {
    target,
    generation,
    state: 'pending',
    since: now,
    unreachable: null,
    seenAlive: target.registration === 'discovered',
    life: null,
    foundFile: null,
    snapshot: null,
    failure: null,
    pollMs: null,
    timeouts: 0,
    refusedSince: null,
    isPathTaken: false,
    undecided: 0,
    ...NOT_POLLED,
    hazards: null,
    processes: null,
    clockSetMs: 0,
    death: null,
    incident,
  };
}

/** A new record that takes over the life of `former`. It is pending until the first poll shows what became of that life. */
export function heirRecord(record: ServerRecord, former: ServerRecord): ServerRecord {
  const { life, foundFile, timeouts, refusedSince, clockSetMs } = former;
  const seenAlive = record.seenAlive || former.seenAlive;
  return { ...record, seenAlive, life, foundFile, timeouts, refusedSince, clockSetMs };
}

/** The record with all its times moved by `stepMs`, because the wall clock was set by that. What happened a minute ago stays a minute ago. */
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

/** The stored part of a server's record, which survives a restart of the exporter. Times are Unix milliseconds. */
export interface SavedServer {
  readonly target: Target;
  readonly state: ServerState;
  readonly since: number;
  readonly unreachable: UnreachableCause | null;
  readonly incident: string | null;
  readonly life: Life | null;
  /** Whether the last poll succeeded. */
  readonly fresh: boolean;
}

/** The record of a stored server at the start of the exporter, at `now`. Whether its life has ended is decided by the first poll. */
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
    // The inode of a file may belong to another one by now.
    life: life && { ...mapInstants(life, inThePast), files: [], earlierBoot: rebooted || life.earlierBoot },
  };
}

/** A running server that never answered, and of which only the process is known. */
export interface FoundProcess {
  readonly mark: ProcessMark;
  /** The pid by which it calls itself. */
  readonly ownPid: number;
  readonly uid: number;
  /** Unix seconds. */
  readonly startedAt: number;
  /** Its name, as `ps -o comm=` prints it. */
  readonly command: string;
  /** The path at which it made its socket. */
  readonly socket: string;
  /** Whether it lives in another mount namespace. */
  readonly isElsewhere: boolean;
}

/** The life of a server of which only the process is known. */
export function lifeOfProcess(process: FoundProcess, now: number): Life {
  const { mark, ownPid, uid, startedAt, command, socket, isElsewhere } = process;
  return {
    incarnation: { pid: ownPid, startedAt },
    process: mark,
    details: { command, boundPaths: [socket], isElsewhere },
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

/** Whether nothing answers at the path of a server, according to its last poll. */
export function hasLostPath({ failure }: ServerRecord): boolean {
  return failure?.reason === 'no_socket' || failure?.reason === 'refused';
}
