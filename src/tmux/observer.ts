import type {
  Answer,
  Connect,
  Evidence,
  Failure,
  Observation,
  ProcessLiveness,
  ProcessMark,
  Saying,
  Trigger,
} from '../core/observation.ts';
import type { ServerRecord } from '../core/record.ts';
import { isSameIncarnation } from '../core/server.ts';
import type { Surroundings } from '../core/surroundings.ts';
import { type OwnUid, socketAccess } from './access.ts';
import type { TmuxClient } from './client.ts';
import { probeSocket } from './probe.ts';
import { NO_DETAILS, type QueryDetails } from './query.ts';
import { queryServer } from './server-query.ts';
import type { WatchEnd } from './watch.ts';

/** What the platform knows of processes and sockets. */
export interface Platform {
  /** The mark of a running tmux process; null where it is not visible from here. */
  readonly markProcess: (pid: number) => ProcessMark | null | Promise<ProcessMark | null>;
  readonly liveness: (mark: ProcessMark) => ProcessLiveness | Promise<ProcessLiveness>;
  /** Where a process lives; null where that cannot be seen. */
  readonly readSurroundings: (pid: number) => Surroundings | null;
  /** Whether a process is stopped, as by SIGSTOP; false where that cannot be told. */
  readonly isStopped: (mark: ProcessMark) => boolean;
  /** Whether the kernel lists the path as listening; null where it cannot be asked. */
  readonly isListening: (socket: string) => boolean | null;
}

/** What an observer needs. */
export interface ObserverOptions {
  readonly client: TmuxClient;
  readonly platform: Platform;
  readonly ownUid: OwnUid;
  /** What is asked of each object beyond what everybody needs; nothing by default. */
  readonly details?: QueryDetails;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly delay: (ms: number) => Promise<void>;
  /** How the death watch of a server ended: waits for an end that must come soon. Null where there is no watch, or it goes on. */
  readonly watchEnd: (name: string) => Promise<WatchEnd | null>;
}

/** Looks at one server and gathers the evidence for a verdict. It never rejects for anything a server or a socket does. */
export type Observe = (record: ServerRecord, trigger: Trigger) => Promise<Observation>;

/** Creates the one gatherer of evidence. Evidence that contradicts itself, as it does for some milliseconds around a death, is looked at again. */
export function createObserver(options: ObserverOptions): Observe {
  return async (record, trigger) => {
    const startedAt = options.now();
    const begun = performance.now();
    if (trigger === 'watch') await letEnd(options, record);
    let sight = await see(options, record);
    for (let looks = 1; ; looks++) {
      const pauseMs = doubtMs(sight, record, looks, trigger);
      if (pauseMs === null) break;
      await options.delay(pauseMs);
      sight = await see(options, record);
    }
    const { answer, connect, process, listening, tmux } = sight;
    const durationMs = performance.now() - begun;
    const watched = isAlive(sight) ? null : await options.watchEnd(record.target.name);
    const evidence: Evidence = { trigger, connect, process, listening, tmux, watchExit: watched?.code ?? null };
    return { answer, evidence, startedAt, durationMs, diedAt: watched?.at ?? null };
  };
}

interface Sight {
  readonly answer: Answer;
  readonly connect: Connect;
  readonly process: ProcessLiveness;
  readonly listening: boolean | null;
  readonly tmux: Saying;
}

function isAlive({ answer, connect, process }: Sight): boolean {
  return process === 'alive' || answer.kind === 'snapshot' || connect === 'accepted';
}

/** How long to wait before each further look. */
type Doubt = readonly number[];

/** After a process began to die its socket already refuses, while the process still counts as running. */
const DYING: Doubt = [5, 10, 20, 40, 50];
/** Without a process to look at, only a second refusal is evidence. */
const UNSEEN: Doubt = [100];
/** A lost server with an open socket is a death in progress, or another version. */
const LOST: Doubt = [50];
/** After its watch has ended a server takes some milliseconds to end, too. */
const ENDING: Doubt = [2, 4, 8, 16, 32];

/** Waits for the end of a process that is on its way: to ask its server would cost a client, and tell nothing yet. */
async function letEnd(options: ObserverOptions, record: ServerRecord): Promise<void> {
  for (const pauseMs of ENDING) {
    if ((await livenessOf(options, record)) !== 'alive') return;
    await options.delay(pauseMs);
  }
}

/** How long to wait before another look; null where the evidence agrees, or has been looked at often enough. */
function doubtMs(
  { answer, connect, process }: Sight,
  record: ServerRecord,
  looks: number,
  trigger: Trigger,
): number | null {
  if (answer.kind === 'snapshot') return null;
  const again = (doubt: Doubt) => doubt[looks - 1] ?? null;
  // What is as it was at the last look needs no second one, unless a watch has just said otherwise.
  const isSettled = record.state === 'unreachable' && trigger !== 'watch';
  if (connect === 'refused' || connect === 'absent' || connect === 'not_a_socket') {
    if (!record.seenAlive) return null;
    if (process === 'alive') return isSettled ? null : again(DYING);
    return process === 'unknown' ? again(UNSEEN) : null;
  }
  if (process === 'dead') return again(LOST);
  const { reason } = answer.failure;
  return (reason === 'version_mismatch' || reason === 'refused') && !isSettled ? again(LOST) : null;
}

async function see(options: ObserverOptions, record: ServerRecord): Promise<Sight> {
  if (record.target.displacedPid !== undefined) return seeFailure(options, record, 'absent', DISPLACED, 'not_asked');
  const connect = await probeSocket(record.target.socket);
  if (connect !== 'accepted')
    return seeFailure(options, record, connect, failureOf(connect, record.target.socket), 'not_asked');
  const access = await socketAccess(record.target.socket, options.ownUid);
  if (access.kind === 'absent')
    return seeFailure(options, record, 'absent', failureOf('absent', record.target.socket), 'not_asked');
  if (access.kind === 'refused') {
    return seeFailure(options, record, connect, { reason: 'permission', message: access.message }, 'not_asked');
  }
  const { life } = record;
  if (life?.process && options.platform.isStopped(life.process))
    return seeFailure(options, record, connect, STOPPED, 'not_asked');
  const known = life?.version ? { incarnation: life.incarnation, version: life.version } : null;
  const { details = NO_DETAILS } = options;
  const result = await queryServer(options.client, {
    socket: record.target.socket,
    identity: access.identity,
    known,
    details,
  });
  if (result.kind === 'failure') return seeFailure(options, record, connect, result.failure, result.said);
  const { snapshot } = result;
  const sameLife = life !== null && isSameIncarnation(life.incarnation, snapshot.incarnation);
  const process = sameLife ? life.process : await options.platform.markProcess(snapshot.incarnation.pid);
  const surroundings = process && options.platform.readSurroundings(process.pid);
  return {
    answer: { kind: 'snapshot', snapshot, process, uid: access.uid, surroundings },
    connect,
    process: sameLife ? 'alive' : await livenessOf(options, record),
    listening: null,
    tmux: 'answered',
  };
}

/** What answers at the path of a displaced server is another one. */
const DISPLACED: Failure = { reason: 'no_socket', message: 'another server has taken its socket path' };

/** A stopped server cannot answer; asking it would only fill its queue with clients that nobody waits for. */
const STOPPED: Failure = { reason: 'timeout', message: 'its process is stopped (SIGSTOP): kill -CONT lets it go on' };

async function seeFailure(
  options: ObserverOptions,
  record: ServerRecord,
  connect: Connect,
  failure: Failure,
  tmux: Saying,
): Promise<Sight> {
  return {
    answer: { kind: 'failure', failure },
    connect,
    process: await livenessOf(options, record),
    // Nothing that lived is nothing to inquire about: a stale socket costs one connect.
    listening: record.seenAlive || connect === 'denied' ? options.platform.isListening(record.target.socket) : null,
    tmux,
  };
}

async function livenessOf({ platform }: ObserverOptions, { life }: ServerRecord): Promise<ProcessLiveness> {
  return life?.process ? platform.liveness(life.process) : 'unknown';
}

function failureOf(connect: Exclude<Connect, 'accepted'>, socket: string): Failure {
  switch (connect) {
    case 'refused':
      return { reason: 'refused', message: `nothing listens on ${socket}` };
    case 'absent':
      return { reason: 'no_socket', message: `there is no socket at ${socket}` };
    case 'not_a_socket':
      return { reason: 'no_socket', message: `${socket} is no socket: expected one that a tmux server made` };
    case 'denied':
      return {
        reason: 'permission',
        message: `we may not connect to ${socket}: run an exporter as the user that owns it`,
      };
    case 'busy':
      return { reason: 'timeout', message: `the server of ${socket} has stopped accepting connections` };
    case 'failed':
      return { reason: 'protocol', message: `${socket} cannot be connected to: expected a path of at most 107 bytes` };
  }
}
