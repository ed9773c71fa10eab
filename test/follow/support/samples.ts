import type { EventDraft, ServerReference } from '../../../src/core/event/event.ts';
import { type FollowedEvent, readEvent } from '../../../src/follow/feed/feed-event.ts';
import type { KnownServer, SnapshotServer } from '../../../src/follow/feed/known-server.ts';
import type { Notice } from '../../../src/follow/notice/notice.ts';

/** One life of a server called `name`. */
export function life(name: string, pid = 42): KnownServer {
  return { name, socket: `/tmp/tmux-1000/${name}`, pid, startedAt: '2026-01-02T03:00:00.000Z', version: '3.5a' };
}

/** A life as a snapshot lists it. */
export function listed({ name, socket, pid, startedAt, version }: KnownServer): SnapshotServer {
  return { name, socket, version, isAbsent: false, incarnation: { pid, startedAt } };
}

/** A server as the API of an exporter lists it. */
export interface SnapshotJson {
  readonly name: string;
  readonly socket: string;
  readonly version: string | null;
  readonly state: string;
  readonly failure: null;
  readonly incarnation: { readonly pid: number; readonly started_at: string };
}

/** A life as the API of an exporter lists it. */
export function listedJson({ name, socket, pid, startedAt, version }: KnownServer): SnapshotJson {
  return { name, socket, version, state: 'up', failure: null, incarnation: { pid, started_at: startedAt } };
}

/** An event of a life, as an exporter would write it. */
export function draft(type: 'server-up' | 'server-gone' | 'session-created', server: KnownServer): EventDraft {
  const severity = type === 'server-gone' ? ('critical' as const) : ('info' as const);
  const texts = { severity, incident: null, title: `${type} of ${server.name}`, body: '' };
  const common = { ...texts, server: referenceTo(server) };
  switch (type) {
    case 'server-up':
      return { type, ...common, details: {} };
    case 'session-created':
      return { type, ...common, details: { session: { id: '$1', name: 'main' } } };
    case 'server-gone':
      return { type, ...common, details: { reason: 'crashed' } as never };
  }
}

/** An event as a follower receives it. */
export function event(type: string, server: KnownServer | null = life('work'), fields: object = {}): FollowedEvent {
  const json = {
    id: 'e-1',
    type,
    time: '2026-01-02T03:04:05.678Z',
    severity: 'info',
    host: 'box',
    server: server && referenceTo(server),
    title: `${type} happened`,
    body: '',
    ...fields,
  };
  return readEvent(type, json, JSON.stringify(json));
}

/** A notice of little weight. */
export function notice(fields: Partial<Notice> = {}): Notice {
  const base = { severity: 'info', time: '2026-01-02T03:04:05.678Z', type: 'server-up', host: 'box' } as const;
  return {
    ...base,
    server: 'work',
    socket: '/tmp/tmux-1000/work',
    title: 'tmux server work is up',
    body: [],
    ...fields,
  };
}

function referenceTo({ name, socket, pid, startedAt, version }: KnownServer): ServerReference {
  return { name, socket, uid: 1000, pid, started_at: startedAt, version, registration: 'discovered' };
}
