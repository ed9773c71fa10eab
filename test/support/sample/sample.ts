import type { Patient } from '../../../src/core/death/cure.ts';
import type { Evidence, Failure, Observation } from '../../../src/core/model/observation.ts';
import type { GoneReason, Incarnation, Target } from '../../../src/core/model/server.ts';
import type {
  AttachedClient,
  Pane,
  PaneDetail,
  Session,
  Snapshot,
  Window,
  WindowAlerts,
} from '../../../src/core/model/snapshot.ts';
import { type Death, newRecord, type ServerRecord } from '../../../src/core/record/record.ts';
import { reduce } from '../../../src/core/registry/reduce.ts';

/** The moment at which samples happen, Unix milliseconds: 2026-03-01 12:00 UTC. */
export const NOW = Date.UTC(2026, 2, 1, 12);

/** A life that began an hour before {@link NOW}. */
export const INCARNATION: Incarnation = { pid: 4242, startedAt: NOW / 1000 - 3600 };

/** Another life, which began later. */
export const NEXT_INCARNATION: Incarnation = { pid: 4343, startedAt: NOW / 1000 - 60 };

/** A configured server. */
export const TARGET: Target = { name: 'work', socket: '/tmp/tmux-1000/work', registration: 'static' };

/** A session with the id `$<number>`. */
export function sampleSession(number: number, session: Partial<Session> = {}): Session {
  const base = { id: `$${number}`, name: `session-${number}`, group: null, createdAt: 1, activityAt: 2 };
  return { ...base, lastAttachedAt: null, attachedClients: 0, ...session };
}

/** A window with the id `@<number>`, linked into the sessions with these numbers, each of them alerted in the same way. */
export function sampleWindow(
  number: number,
  sessions: readonly number[],
  { bell = false, activity = false, silence = false, ...window }: Partial<Window & WindowAlerts> = {},
): Window {
  const sessionIds = sessions.map((session) => `$${session}`);
  const links = sessionIds.map((sessionId) => ({ sessionId, index: number, bell, activity, silence }));
  return { id: `@${number}`, sessionIds, links, name: 'sh', detail: null, ...window };
}

/** A pane with the id `%<number>` in the window `@<window>`. */
export function samplePane(number: number, window: number, pane: Partial<Pane> = {}): Pane {
  const base = { id: `%${number}`, windowId: `@${window}`, pid: 5000 + number, dead: false, command: 'sh' };
  return { ...base, detail: null, ...pane };
}

/** The details of a pane that runs in its folder. */
export function sampleDetail(detail: Partial<PaneDetail> = {}): PaneDetail {
  const exit = { exitStatus: null, exitSignal: null };
  const history = { historyLines: 0, historyLimitLines: 2000 };
  return { inMode: false, ...exit, ...history, title: 'host', path: '/home/ada', ...detail };
}

/** A client in the terminal with a number, attached to a session. */
export function sampleClient(number: number, sessionId: string, client: Partial<AttachedClient> = {}): AttachedClient {
  const base = { name: `/dev/pts/${number}`, pid: 7000 + number, kind: 'tty', sessionId, term: 'xterm' } as const;
  const times = { createdAt: NOW / 1000 - number, activityAt: NOW / 1000 };
  return { ...base, ...times, writtenBytes: 0, discardedBytes: 0, ...client };
}

/** A living server at the path of {@link TARGET}, which it made its socket at. */
export function samplePatient({ socket = TARGET.socket, ...patient }: Partial<Patient> = {}): Patient {
  const base = { pid: 42, command: 'tmux: server', socket, formerSocket: null };
  return { ...base, boundPaths: [socket], isElsewhere: false, isDisplaced: false, isPathTaken: false, ...patient };
}

/** A snapshot of one session with one window and one pane. */
export function sampleSnapshot(snapshot: Partial<Snapshot> = {}): Snapshot {
  return {
    incarnation: INCARNATION,
    version: '3.5a',
    sessions: [sampleSession(0, { name: 'main' })],
    windows: [sampleWindow(0, [0])],
    panes: [samplePane(0, 0)],
    clients: { tty: 0, control: 0 },
    attachedClients: [],
    ...snapshot,
  };
}

/** The evidence of a server that is alive and answers. */
export const ALIVE: Evidence = {
  trigger: 'poll',
  connect: 'accepted',
  process: 'alive',
  listening: null,
  tmux: 'answered',
  watch: null,
};

/** The evidence of a server whose process is dead. */
export const DEAD: Evidence = { ...ALIVE, connect: 'refused', process: 'dead', listening: false, tmux: 'not_asked' };

/** A death with an unknown cause. */
export function sampleDeath(reason: GoneReason, at = NOW): Death {
  return { reason, cause: 'unknown', at };
}

/** A poll that returned a snapshot. */
export function answered(snapshot: Snapshot = sampleSnapshot(), evidence: Partial<Evidence> = {}): Observation {
  const process = { pid: snapshot.incarnation.pid, start: '99' };
  return {
    answer: {
      kind: 'snapshot',
      snapshot,
      process,
      undecided: null,
      details: { command: 'tmux: server', boundPaths: [], isElsewhere: false },
      isProven: true,
      uid: 1000,
      file: null,
      containment: null,
    },
    evidence: { ...ALIVE, ...evidence },
    startedAt: NOW,
    durationMs: 5,
    diedAt: null,
  };
}

/** A poll that failed. */
export function failed(reason: Failure['reason'], evidence: Partial<Evidence> = {}, startedAt = NOW): Observation {
  return {
    answer: { kind: 'failure', failure: { reason, message: `it failed: ${reason}` } },
    evidence: { ...ALIVE, tmux: 'other', ...evidence },
    startedAt,
    durationMs: 5,
    diedAt: null,
  };
}

/** The record of a server that was never seen. */
export function pendingRecord(target: Partial<Target> = {}): ServerRecord {
  return newRecord({ ...TARGET, ...target }, 1, NOW, null);
}

/** The record of a server that answered with `snapshot`. */
export function upRecord(snapshot: Snapshot = sampleSnapshot(), target: Partial<Target> = {}): ServerRecord {
  return reduce(pendingRecord(target), answered(snapshot), { kind: 'up' }, NOW).record;
}
