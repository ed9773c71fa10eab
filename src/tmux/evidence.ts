import { existsSync } from 'node:fs';
import type { Clock } from '../core/clock.ts';
import { stoppedCure } from '../core/death/cure.ts';
import type { Containment } from '../core/model/containment.ts';
import {
  type Answer,
  type AnsweringSocket,
  type Claim,
  type Connect,
  type Evidence,
  type Failure,
  isSameProcess,
  type Observation,
  type PollAbort,
  type ProcessLiveness,
  type ProcessMark,
  type Saying,
  type Trigger,
} from '../core/model/observation.ts';
import { isSameIncarnation } from '../core/model/server.ts';
import type { Snapshot } from '../core/model/snapshot.ts';
import { ownerOf, pidOf, type ServerRecord } from '../core/record/record.ts';
import type { Asking } from './asking.ts';
import { probeSocket } from './probe.ts';
import { type HeldSocket, holdSocket, type OwnUid } from './protocol/held-socket.ts';
import { NO_DETAILS, type QueryDetails } from './query/query.ts';
import { connectFailure, queryServer } from './query/server-query.ts';
import type { WatchEnd } from './watch/death-watches.ts';

/** What the operating system can say about processes and sockets. */
export interface Platform {
  /** Whether reading a process is cheap: no other process has to be started for it. */
  readonly available: boolean;
  /** Checks the pid that the server of a socket claims to have; null if the process is not visible from here, or the claim is false. `known` is the process that answered there before. */
  readonly readClaim: (
    pid: number,
    socket: AnsweringSocket,
    known: ProcessMark | null,
  ) => Claim | null | Promise<Claim | null>;
  readonly liveness: (mark: ProcessMark) => ProcessLiveness | Promise<ProcessLiveness>;
  /** The cgroup and unit that a process lives in; null if they cannot be read. */
  readonly readContainment: (pid: number) => Containment | null;
  /** Whether a process is stopped, as by SIGSTOP; false if that is not known. */
  readonly isStopped: (mark: ProcessMark) => boolean;
  /** Whether the kernel lists the path as listening; null if the list cannot be read. */
  readonly isListening: (socket: string) => boolean | null;
}

/** Options of {@link createGatherer}. */
export interface EvidenceOptions {
  readonly asking: Asking;
  readonly platform: Platform;
  readonly ownUid: OwnUid;
  /** Additional details to ask for; none by default. */
  readonly details?: QueryDetails;
  readonly uptime: Clock['uptime'];
  readonly delay: (ms: number) => Promise<void>;
  /** Says how the death watch of a server ended, after a short wait for an end that is imminent. Null if there is no watch, or it has not ended. */
  readonly watchEnd: (name: string) => Promise<WatchEnd | null>;
}

/** Polls one server and gathers the evidence for a verdict; null if it was aborted. It never rejects, whatever the server or its socket does. */
export type Gather = (record: ServerRecord, trigger: Trigger, abort?: PollAbort) => Promise<Observation | null>;

/** Creates the function that gathers evidence. For some milliseconds around a death the evidence contradicts itself; it is then gathered again. */
export function createGatherer(options: EvidenceOptions): Gather {
  return async (record, trigger, abort) => {
    const startedAt = options.uptime();
    if (trigger === 'watch') await awaitEnd(options, record);
    const raw = await gatherUntilClear(options, record, trigger, abort);
    if (raw === null) return null;
    const { answer, connect, process, listening, tmux } = raw;
    const durationMs = options.uptime() - startedAt;
    const watched = isAlive(raw) ? null : await options.watchEnd(record.target.name);
    const evidence: Evidence = { trigger, connect, process, listening, tmux, watch: watched?.word ?? null };
    return { answer, evidence, startedAt, durationMs, diedAt: watched?.at ?? null };
  };
}

/** Null if it was aborted. Evidence in doubt may point to a death. */
async function gatherUntilClear(
  options: EvidenceOptions,
  record: ServerRecord,
  trigger: Trigger,
  abort?: PollAbort,
): Promise<RawEvidence | null> {
  try {
    let raw = await gather(options, record, abort?.routine);
    for (let rounds = 1; ; rounds++) {
      const pauseMs = doubtMs(raw, record, rounds, trigger);
      if (pauseMs === null) return raw;
      await options.delay(pauseMs);
      raw = await gather(options, record, abort?.examination);
    }
  } catch (error) {
    if ([abort?.routine, abort?.examination].some((signal) => signal?.aborted && signal.reason === error)) return null;
    throw error;
  }
}

interface RawEvidence {
  readonly answer: Answer;
  readonly connect: Connect;
  readonly process: ProcessLiveness;
  readonly listening: boolean | null;
  readonly tmux: Saying;
}

function isAlive({ answer, connect, process }: RawEvidence): boolean {
  return process === 'alive' || (process !== 'dead' && (answer.kind === 'snapshot' || connect === 'accepted'));
}

/** Pauses before each repetition. */
type Doubt = readonly number[];

/** When a process begins to die, its socket refuses while the process still counts as running. */
const DYING: Doubt = [5, 10, 20, 40, 50];
/** If the process is not known, only a second refusal is evidence. */
const UNSEEN: Doubt = [100];
/** A lost connection with an open socket is a death in progress, or another protocol version. */
const LOST: Doubt = [50];
/** A child that the server forked in its last moment keeps its socket open until it runs its program. */
const HELD_OPEN: Doubt = [50, 100, 200];
/** A server takes some milliseconds to end after its watch has ended. */
const ENDING: Doubt = [1, 1, 1, 2, 4, 8, 16, 32];

/** A process that answered and is not seen to hold its socket is about to end, or another server claims its identity. */
const UNBELIEVED: Doubt = [5, 10, 20, 40, 80, 160];

/** A server still answers for a moment after its last session was closed. With exit-empty off it keeps running. */
const EMPTIED: Doubt = [5, 10, 20, 40];

function hasJustEmptied({ sessions }: Snapshot, { life }: ServerRecord): boolean {
  return sessions.length === 0 && life !== null && life.sessions?.length !== 0;
}

function isSameLife(life: ServerRecord['life'], { incarnation }: Snapshot): boolean {
  return life !== null && isSameIncarnation(life.incarnation, incarnation);
}

/** Waits until a dying process has ended: asking its server meanwhile would cost a client and prove nothing. */
async function awaitEnd(options: EvidenceOptions, record: ServerRecord): Promise<void> {
  for (const pauseMs of ENDING) {
    if ((await livenessOf(options, record)) !== 'alive') return;
    await options.delay(pauseMs);
  }
}

/** How long to wait before the evidence is gathered again; null if it is consistent, or was gathered often enough. */
function doubtMs(
  { answer, connect, process, tmux }: RawEvidence,
  record: ServerRecord,
  rounds: number,
  trigger: Trigger,
): number | null {
  const again = (doubt: Doubt) => doubt[rounds - 1] ?? null;
  if (answer.kind === 'snapshot') {
    // The server died right after its answer, or another server claims its identity. A start that was read off the process can differ by a second.
    if (process === 'dead' && answer.snapshot.incarnation.pid === record.life?.incarnation.pid) return again(LOST);
    const isBelieved = (answer.process ?? answer.undecided) !== null;
    if (process === 'alive' && !isBelieved && isSameLife(record.life, answer.snapshot)) return again(UNBELIEVED);
    return hasJustEmptied(answer.snapshot, record) ? again(EMPTIED) : null;
  }
  // An unchanged state needs no confirmation, unless a watch has just ended.
  const isUnchanged = record.state === 'unreachable' && trigger !== 'watch';
  if (connect === 'refused' || connect === 'absent' || connect === 'not_a_socket') {
    if (!record.seenAlive) return null;
    if (process === 'alive') return isUnchanged ? null : again(DYING);
    return process === 'unknown' ? again(UNSEEN) : null;
  }
  // An ending process loses its mount namespace before it has ended.
  if (connect === 'denied' && process === 'alive' && isElsewhere(record)) return isUnchanged ? null : again(DYING);
  if (process === 'dead') return again(HELD_OPEN);
  const isLost = tmux === 'cut' || tmux === 'lost_server' || tmux === 'no_server';
  return isLost && !isUnchanged ? again(LOST) : null;
}

/** Rejects with the reason of `signal` if that aborts it while it waits for an answer. */
async function gather(options: EvidenceOptions, record: ServerRecord, signal?: AbortSignal): Promise<RawEvidence> {
  const { socket, displacedPid } = record.target;
  if (displacedPid !== undefined) return failureEvidence(options, record, 'absent', DISPLACED, 'not_asked');
  const holding = holdSocket(socket, options.ownUid, ownerOf(record));
  switch (holding.kind) {
    case 'held':
      try {
        return await gatherFromSocket(options, record, holding, signal);
      } finally {
        holding.release();
      }
    case 'refused':
      return failureEvidence(
        options,
        record,
        'denied',
        { reason: 'permission', message: holding.message },
        'not_asked',
      );
    case 'foreign':
      return foreignEvidence(options, record, holding.message);
    case 'exhausted':
      return failureEvidence(options, record, 'failed', { reason: 'spawn', message: holding.message }, 'not_started');
    default:
      return holding.kind === 'absent' && isElsewhere(record) && !isRootVisible(record)
        ? failureEvidence(options, record, 'denied', OUT_OF_REACH, 'not_asked')
        : absenceEvidence(options, record, holding.kind);
  }
}

/** The socket of another user has the place of the server's: it says nothing about the server, and does not keep a dead one. */
async function foreignEvidence(options: EvidenceOptions, record: ServerRecord, message: string): Promise<RawEvidence> {
  const found = await failureEvidence(options, record, 'denied', { reason: 'permission', message }, 'not_asked');
  return { ...found, listening: found.process === 'dead' ? false : found.listening };
}

function absenceEvidence(
  options: EvidenceOptions,
  record: ServerRecord,
  connect: 'absent' | 'not_a_socket',
): Promise<RawEvidence> {
  const [reason, message] = connectFailure(connect, record.target.socket);
  return failureEvidence(options, record, connect, { reason, message }, 'not_asked');
}

async function gatherFromSocket(
  options: EvidenceOptions,
  record: ServerRecord,
  held: HeldSocket,
  signal: AbortSignal | undefined,
): Promise<RawEvidence> {
  const { life, target } = record;
  if (life?.process && options.platform.isStopped(life.process))
    return failureEvidence(options, record, await probeSocket(held.path), stopped(life.process.pid), 'not_asked');
  const known = life?.version ? { incarnation: life.incarnation, version: life.version } : null;
  const { details = NO_DETAILS } = options;
  const queried = { socket: target.socket, known, last: record.snapshot, details };
  const result = await queryServer(options.asking(target.socket, held, signal), queried);
  if (result.kind === 'failure') return failureEvidence(options, record, result.connect, result.failure, result.said);
  const { snapshot } = result;
  const { uid, file } = held;
  // A claim that was not believed is checked again: a busy server proves nothing.
  const isChecked = life?.process != null || !options.platform.available;
  const isKnown = isSameLife(life, snapshot) && life?.files[0] === file && isChecked;
  const answering = { path: target.socket, uid, file, reach: held.path };
  const { readClaim } = options.platform;
  const claim = isKnown ? null : await readClaim(snapshot.incarnation.pid, answering, life?.process ?? null);
  const undecided = claim?.proof === 'undecided' ? claim.mark : null;
  const believed = undecided === null ? (claim?.mark ?? null) : null;
  const claimed = isKnown ? life.process : believed;
  const liveness = isKnown && claimed && !options.platform.available ? 'alive' : await livenessOf(options, record);
  // A dead process cannot have answered.
  const process = liveness === 'dead' && isSameProcess(claimed, life?.process) ? null : claimed;
  const containment = process && options.platform.readContainment(process.pid);
  return {
    answer: {
      kind: 'snapshot',
      snapshot,
      process,
      undecided,
      details: process && (isKnown ? life.details : (claim?.details ?? null)),
      isProven: claim?.proof === 'proven',
      uid,
      file,
      containment,
    },
    connect: 'accepted',
    process: liveness,
    listening: null,
    tmux: 'answered',
  };
}

/** Whether a server sees other files than we do. Its path leads through its process, and is absent for users who may not read that. */
function isElsewhere({ target, life }: ServerRecord): boolean {
  return target.socket.startsWith(`/proc/${life && pidOf(life)}/`);
}

/** Whether we may look into the root folder of a server. If so, a file that is absent there was deleted. */
function isRootVisible({ life }: ServerRecord): boolean {
  return life !== null && existsSync(`/proc/${pidOf(life)}/root`);
}

const OUT_OF_REACH: Failure = {
  reason: 'permission',
  message:
    'it runs in another mount namespace (a container, or PrivateTmp=yes) or in a chroot, and its socket cannot be reached from here',
};

/** The socket path of a displaced server leads to another server, so it is not asked. */
const DISPLACED: Failure = { reason: 'no_socket', message: 'another server has taken its socket path' };

/** A stopped server cannot answer; asking it would only fill its queue with dead clients. */
function stopped(pid: number): Failure {
  return { reason: 'timeout', message: `its process is stopped (SIGSTOP): ${stoppedCure(pid).text}` };
}

async function failureEvidence(
  options: EvidenceOptions,
  record: ServerRecord,
  connect: Connect,
  failure: Failure,
  tmux: Saying,
): Promise<RawEvidence> {
  return {
    answer: { kind: 'failure', failure },
    connect,
    process: await livenessOf(options, record),
    // A socket that never had a live server needs no further check: a stale socket costs one connect.
    listening: record.seenAlive || connect === 'denied' ? options.platform.isListening(record.target.socket) : null,
    tmux,
  };
}

async function livenessOf({ platform }: EvidenceOptions, { life }: ServerRecord): Promise<ProcessLiveness> {
  return life?.process ? platform.liveness(life.process) : 'unknown';
}
