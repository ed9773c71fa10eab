import type { ProcessMark } from '../model/observation.ts';
import type { Pane, Snapshot } from '../model/snapshot.ts';
import type { Process, ProcessTable } from './process.ts';
import { addUsage, NO_USAGE, type ProcessUsage } from './process-usage.ts';

/** What the processes in the panes of one server use, as of the last pass over all processes. */
export interface ServerProcesses {
  /** The layout that the processes were found by: that of the last answer, even if the server does not answer now. */
  readonly layout: Snapshot;
  /** By session id. A pane counts in each session that its window is linked into. */
  readonly sessions: ReadonlyMap<string, ProcessUsage>;
  /** By pane id. */
  readonly panes: ReadonlyMap<string, ProcessUsage>;
}

/** Whether the process that a mark identifies is visible in the table. */
export function isVisible({ pid, start }: ProcessMark, { processes }: ProcessTable): boolean {
  return processes.get(pid)?.start === Number(start);
}

/** The process that tmux started in a pane; undefined if it has ended. It is a child of the server, so a later process with its pid is not mistaken for it. */
export function rootOf(pane: Pane, server: ProcessMark, { processes }: ProcessTable): Process | undefined {
  const process = pane.dead ? undefined : processes.get(pane.pid);
  return process?.parent === server.pid ? process : undefined;
}

/** The levels at which processes are counted. */
export interface AccountedLevels {
  readonly sessions: boolean;
  readonly panes: boolean;
}

/** Makes the usage of each session and pane after a pass. CPU time adds to what was counted before; the rest is replaced. What is no longer in the layout is dropped. */
export function accrue(
  before: ServerProcesses | null,
  layout: Snapshot,
  usageOf: (pane: Pane) => ProcessUsage,
  levels: AccountedLevels,
): ServerProcesses {
  return {
    layout,
    sessions: levels.sessions ? accrueSessions(before, layout, usageOf) : new Map(),
    panes: levels.panes ? accruePanes(before, layout, usageOf) : new Map(),
  };
}

function accrueSessions(
  before: ServerProcesses | null,
  { sessions, windows, panes }: Snapshot,
  usageOf: (pane: Pane) => ProcessUsage,
): Map<string, ProcessUsage> {
  const sessionsOf = new Map(windows.map(({ id, sessionIds }) => [id, sessionIds]));
  const usages = new Map(sessions.map(({ id }) => [id, counterOf(before?.sessions.get(id))]));
  for (const pane of panes) {
    const usage = usageOf(pane);
    for (const id of sessionsOf.get(pane.windowId) ?? []) usages.set(id, addUsage(usages.get(id) ?? NO_USAGE, usage));
  }
  return usages;
}

function accruePanes(
  before: ServerProcesses | null,
  { panes }: Snapshot,
  usageOf: (pane: Pane) => ProcessUsage,
): Map<string, ProcessUsage> {
  return new Map(panes.map((pane) => [pane.id, addUsage(counterOf(before?.panes.get(pane.id)), usageOf(pane))]));
}

/** Keeps only the counter of a former usage. */
function counterOf(before: ProcessUsage | undefined): ProcessUsage {
  return before ? { ...NO_USAGE, cpuMs: before.cpuMs } : NO_USAGE;
}
