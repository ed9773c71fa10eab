import type { ServerProcesses } from '../../../src/core/process/server-processes.ts';
import type { FleetView } from '../../../src/core/record/view.ts';
import { reduce } from '../../../src/core/registry/reduce.ts';
import { sampleTombstone, viewOf } from '../../support/sample/fleet.ts';
import {
  failed,
  NOW,
  pendingRecord,
  sampleClient,
  sampleDetail,
  samplePane,
  sampleSession,
  sampleSnapshot,
  sampleWindow,
  upRecord,
} from '../../support/sample/sample.ts';

/** A session name with all that could break out of a label. */
export const HOSTILE_NAME = 'tab\t newline\n quote" backslash\\ 😀 |,:{}= # EOF';

const BUSY = sampleSnapshot({
  sessions: [
    sampleSession(1, {
      name: 'main',
      group: 'team',
      createdAt: NOW / 1000 - 3000,
      activityAt: NOW / 1000 - 5,
      lastAttachedAt: NOW / 1000 - 100,
      attachedClients: 2,
    }),
    sampleSession(2, { name: HOSTILE_NAME, createdAt: NOW / 1000 - 2000, activityAt: NOW / 1000 - 2000 }),
  ],
  windows: [
    sampleWindow(1, [1], {
      bell: true,
      activity: true,
      name: 'editor',
      detail: { activityAt: NOW / 1000 - 5, activeClients: 2 },
    }),
    sampleWindow(2, [1, 2], {
      silence: true,
      name: HOSTILE_NAME,
      detail: { activityAt: NOW / 1000 - 50, activeClients: 0 },
    }),
    sampleWindow(3, [2], { detail: { activityAt: NOW / 1000 - 500, activeClients: null } }),
  ],
  panes: [
    samplePane(1, 1, {
      command: 'vim',
      detail: sampleDetail({ historyLines: 120, path: '/home/ada/src', title: 'main.c' }),
    }),
    samplePane(2, 1, { detail: sampleDetail({ inMode: true, path: HOSTILE_NAME, title: HOSTILE_NAME }) }),
    samplePane(3, 2, { dead: true, detail: sampleDetail({ exitStatus: 3 }) }),
    samplePane(4, 3, { dead: true, detail: sampleDetail({ exitSignal: 9, path: '' }) }),
  ],
  clients: { tty: 2, control: 1 },
  attachedClients: [
    sampleClient(11, '$1', { writtenBytes: 123_456, discardedBytes: 0 }),
    sampleClient(12, '$1', { term: HOSTILE_NAME, writtenBytes: null, discardedBytes: null }),
    sampleClient(13, '$2', { name: 'client-13', kind: 'control', term: '' }),
  ],
});

/** What the processes in it use. In one pane, some values may not be read. */
const BUSY_PROCESSES: ServerProcesses = {
  layout: BUSY,
  sessions: new Map([
    ['$1', { cpuMs: 123_450, residentBytes: 30_720_000, processes: 4, threads: 12, openFiles: 40 }],
    ['$2', { cpuMs: 10, residentBytes: 4_096, processes: 1, threads: 1, openFiles: null }],
  ]),
  panes: new Map([
    ['%1', { cpuMs: 120_000, residentBytes: 30_000_000, processes: 3, threads: 11, openFiles: 37 }],
    ['%2', { cpuMs: 0, residentBytes: 720_000, processes: 1, threads: 1, openFiles: null }],
  ]),
};

/** A fleet with a server in each state, one that was reaped a moment ago and one that was reaped long ago. */
export function variedView(): FleetView {
  const agents = { ...upRecord(BUSY, { name: 'agents' }), processes: BUSY_PROCESSES };
  const hung = reduce(upRecord(undefined, { name: 'hung' }), failed('timeout'), { kind: 'unresponsive' }, NOW).record;
  const gone = {
    ...pendingRecord({ name: 'gone' }),
    state: 'gone' as const,
    pollMs: 1,
    death: { reason: 'crashed' as const, cause: 'unknown' as const, at: NOW - 1500 },
  };
  return viewOf(
    [agents, gone, hung, pendingRecord({ name: 'other/new' })],
    [
      sampleTombstone({
        name: 'gone',
        death: { reason: 'crashed', cause: 'unknown', at: NOW - 1500 },
        deaths: { crashed: 2, lost: 1 },
      }),
      sampleTombstone({ name: 'past', lingering: false }),
      sampleTombstone({
        name: 'recent',
        death: { reason: 'exited', cause: 'shut_down', at: NOW - 500 },
        deaths: { exited: 1 },
      }),
    ],
  );
}
