import { describe, expect, it } from '@jest/globals';
import type { Session, Snapshot } from '../../src/core/model/snapshot.ts';
import { type Life, newRecord, type ServerRecord } from '../../src/core/record/record.ts';
import type { Tombstone } from '../../src/core/record/view.ts';
import { lossOf } from '../../src/core/wording/loss.ts';
import { describeServer } from '../../src/http/server-json.ts';
import { samplePane, sampleWindow } from '../support/sample/sample.ts';
import { NOW } from './support/ports.ts';

const session: Session = {
  id: '$1',
  name: 'main',
  group: null,
  createdAt: 1,
  activityAt: 1,
  lastAttachedAt: null,
  attachedClients: 1,
};
const snapshot: Snapshot = {
  incarnation: { pid: 42, startedAt: NOW / 1000 - 60 },
  version: '3.5a',
  sessions: [session, { ...session, id: '$2', attachedClients: 0 }],
  windows: [sampleWindow(1, [1, 2])],
  panes: [samplePane(1, 1)],
  clients: { tty: 1, control: 0 },
  attachedClients: [],
};
const life: Life = {
  incarnation: snapshot.incarnation,
  process: null,
  details: null,
  uid: 1000,
  files: [],
  version: '3.5a',
  sessions: [],
  holds: lossOf(snapshot, null),
  heldAt: 0,
  lastSeenAt: NOW,
  earlierBoot: false,
  containment: null,
};
const target = { name: 'work', socket: '/tmp/tmux-1000/work', registration: 'static' } as const;
const pending = newRecord(target, 1, NOW, null);
const up: ServerRecord = { ...pending, state: 'up', life, snapshot };

describe('a server as JSON', () => {
  it('tells all of one that is up, each object counted once', () => {
    expect(describeServer(up, null)).toEqual({
      name: 'work',
      socket: '/tmp/tmux-1000/work',
      registration: 'static',
      state: 'up',
      since: '2026-01-02T03:04:05.000Z',
      up: true,
      unreachable: null,
      cure: null,
      failure: null,
      incarnation: { pid: 42, started_at: '2026-01-02T03:03:05.000Z' },
      version: '3.5a',
      sessions: 2,
      windows: 1,
      panes: 1,
      attached_sessions: 1,
      last_seen: '2026-01-02T03:04:05.000Z',
      last_death: null,
    });
  });

  it('names the whole cure of one that lives and cannot be reached', () => {
    const { cure } = describeServer({ ...up, state: 'unreachable', unreachable: 'socket_lost', snapshot: null }, null);
    expect(cure?.command).toBe('test ! -e /tmp/tmux-1000/work && ps -o comm= -p 42 | grep -q tmux && kill -USR1 42');
    expect(cure?.text).toContain(cure?.command);
  });

  it('names the cure of one that is stopped', () => {
    const failure = {
      reason: 'timeout',
      message: 'its process is stopped (SIGSTOP): kill -CONT 42 resumes it',
    } as const;
    expect(describeServer({ ...up, snapshot: null, failure }, null).cure?.command).toBe('kill -CONT 42');
    const busy = { reason: 'timeout', message: 'no answer' } as const;
    expect(describeServer({ ...up, snapshot: null, failure: busy }, null).cure).toBeNull();
  });

  it('does not know what one never seen holds', () => {
    const unknown = { incarnation: null, version: null, sessions: null, panes: null, last_seen: null };
    expect(describeServer(pending, null)).toMatchObject({ state: 'pending', up: false, ...unknown });
  });

  it('drops the counts of one that the last poll did not reach, and keeps who it is', () => {
    const failure = { reason: 'timeout', message: 'no answer within 2 s' } as const;
    const json = describeServer({ ...up, snapshot: null, failure }, null);
    expect(json).toMatchObject({ up: false, sessions: null, attached_sessions: null, version: '3.5a', failure });
  });

  it('knows the last death from the record, or from the tombstone of its name', () => {
    const death = { reason: 'exited', cause: 'shut_down', at: NOW } as const;
    const told = { reason: 'exited', cause: 'shut_down', at: '2026-01-02T03:04:05.000Z' };
    const tombstone: Tombstone = { name: 'work', death, deaths: { exited: 1 }, incident: null, lingering: true };
    expect(describeServer({ ...pending, state: 'gone', death }, null).last_death).toEqual(told);
    expect(describeServer(up, tombstone).last_death).toEqual(told);
  });
});
