import type { LastWord, Observation } from '../../../src/core/model/observation.ts';
import type { AttachedClient, Pane, Session, Snapshot, Window } from '../../../src/core/model/snapshot.ts';
import type { ProcessUsage } from '../../../src/core/process/process-usage.ts';
import { accrue, type ServerProcesses } from '../../../src/core/process/server-processes.ts';
import {
  answered,
  DEAD,
  failed,
  sampleClient,
  sampleDetail,
  samplePane,
  sampleSession,
  sampleSnapshot,
  sampleWindow,
} from '../../support/sample/sample.ts';
import { minutesBeforeEnd, SCENARIO, type ScriptedLife, type ScriptedServer } from './scenario.ts';

/** The life of a server at a moment; null if it is not alive. */
export function lifeAt({ lives }: ScriptedServer, at: number): ScriptedLife | null {
  return (
    lives.find(({ from, to }) => minutesBeforeEnd(from) <= at && (to === null || at < minutesBeforeEnd(to))) ?? null
  );
}

/** The observation of a living server. */
export function observationAt(server: ScriptedServer, life: ScriptedLife, at: number): Observation {
  const { unresponsiveFrom, unreachableFrom } = server;
  if (unresponsiveFrom !== undefined && at >= minutesBeforeEnd(unresponsiveFrom)) {
    return failed('timeout', { tmux: 'timeout' }, at);
  }
  if (unreachableFrom !== undefined && at >= minutesBeforeEnd(unreachableFrom)) {
    return failed('no_socket', { connect: 'absent', tmux: 'no_socket' }, at);
  }
  const durationMs = 3 + server.sessions.length + 2 * Math.sin(at / 1e6);
  return { ...answered(snapshotOf(server, life, at)), startedAt: at, durationMs };
}

/** What the watch of a life hears at its end. */
const WORD_OF: Record<ScriptedLife['end'], LastWord | null> = { exited: 'shut_down', crashed: 'nothing', lost: null };

/** The observation at the end of a life. The watch reports it, if there is one. */
export function deathOf({ end }: ScriptedLife, at: number): Observation {
  const watch = WORD_OF[end];
  const observation = failed('refused', { ...DEAD, trigger: watch === null ? 'poll' : 'watch', watch }, at);
  return { ...observation, diedAt: watch === null ? null : at - 12 };
}

function snapshotOf(server: ScriptedServer, life: ScriptedLife, at: number): Snapshot {
  const bornAt = minutesBeforeEnd(life.from);
  const windows = server.sessions.flatMap((_, number) => windowsOf(number, at));
  const attachedClients = server.sessions.length > 1 ? 1 : 0;
  return sampleSnapshot({
    incarnation: { pid: pidOf(server, life), startedAt: bornAt / 1000 },
    version: '3.5a',
    sessions: server.sessions.map((name, number) => session(name, number, bornAt, at)),
    windows,
    panes: windows.flatMap(({ id }) => panesOf(Number(id.slice(1)), at)),
    clients: { tty: attachedClients, control: server.name === 'agents' ? 2 : 0 },
    attachedClients: Array.from({ length: attachedClients }, (_, number) => client(number, at)),
  });
}

const NAMES = SCENARIO.flatMap(({ servers }) => servers.map(({ name }) => name));

/** Each life has a pid of its own: two servers with one process would be one server. */
function pidOf({ name }: ScriptedServer, { from }: ScriptedLife): number {
  return 10_000 * (1 + NAMES.indexOf(name)) + Math.round(from);
}

function session(name: string, number: number, bornAt: number, at: number): Session {
  const createdAt = bornAt / 1000 + number;
  const idle = number % 3 === 2 ? (at - bornAt) / 1000 - number : 7 + 11 * number;
  return sampleSession(number, {
    name,
    group: number === 0 ? 'team' : null,
    createdAt,
    activityAt: Math.max(createdAt, at / 1000 - idle),
    lastAttachedAt: number < 2 ? Math.max(createdAt, at / 1000 - 300 * number) : null,
    attachedClients: number === 0 ? 1 : 0,
  });
}

const HOUR_MS = 3_600_000;

function client(number: number, at: number): AttachedClient {
  return sampleClient(number, `$${number}`, {
    createdAt: at / 1000 - 7200,
    activityAt: at / 1000 - 30,
    writtenBytes: at / 1e6,
    discardedBytes: at / 1e9,
  });
}

/** Two windows, and a third in every other hour; the alerts come and go. */
function windowsOf(session: number, at: number): Window[] {
  const hour = Math.floor(at / HOUR_MS) + session;
  return Array.from({ length: 2 + (hour % 2) }, (_, number) =>
    sampleWindow(10 * session + number, [session], {
      name: ['editor', 'shell', 'tests'][number] ?? 'sh',
      bell: number === 1 && hour % 4 === 0,
      activity: number === 0,
      silence: number === 1 && hour % 5 === 0,
      detail: { activityAt: at / 1000 - 60 * number, activeClients: number === 0 ? 1 : 0 },
    }),
  );
}

function panesOf(window: number, at: number): Pane[] {
  const isDead = window % 7 === 3 && Math.floor(at / HOUR_MS) % 3 === 0;
  const exit = window % 2 === 0 ? { exitSignal: 9 } : { exitStatus: 1 };
  const history = { historyLines: (37 * window) % 2000, inMode: window % 4 === 0 };
  return [
    samplePane(2 * window, window, { command: 'vim', detail: sampleDetail(history) }),
    samplePane(2 * window + 1, window, { dead: isDead, detail: sampleDetail({ ...history, ...(isDead ? exit : {}) }) }),
  ];
}

/** What the processes of a server use by now: some sessions work all day, some in bursts, most of them hardly. */
export function processesAt(
  before: ServerProcesses | null,
  layout: Snapshot,
  at: number,
  pastMs: number,
): ServerProcesses {
  return accrue(before, layout, (pane) => usageOf(Number(pane.id.slice(1)), at, pastMs), {
    sessions: true,
    panes: true,
  });
}

const MEBIBYTE = 2 ** 20;

function usageOf(pane: number, at: number, pastMs: number): ProcessUsage {
  const session = Math.floor(pane / 20);
  const wave = Math.sin(at / (HOUR_MS / (1 + (session % 3))) + session);
  const load = pane % 20 === 0 ? Math.max(0.01, 0.25 * session * (0.5 + wave / 2)) : 0.002;
  const residentBytes = MEBIBYTE * (30 + 12 * (pane % 5) + 90 * session * (1.2 + wave / 3));
  return { cpuMs: load * pastMs, residentBytes, processes: 1 + (pane % 3), threads: 4 + session, openFiles: 20 + pane };
}
