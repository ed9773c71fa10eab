import { headers as emptyHeaders } from '@nats-io/transport-node';
import type { ReceivedMessage } from '../../../../src/bus/read/received-message.ts';
import { eventSubject, hostSubject } from '../../../../src/bus/stream/subjects.ts';

export const TIME = '2026-03-01T12:00:00.000Z';

/** An event as an exporter stores it. */
export function eventJson(seq: number, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    v: 1,
    id: `abc-${seq}`,
    type: 'session-created',
    time: TIME,
    severity: 'info',
    host: 'build7.example.org',
    boot_id: 'b1',
    server: {
      name: 'work',
      socket: '/tmp/tmux-1000/work',
      uid: 1000,
      pid: 4242,
      started_at: TIME,
      version: '3.5a',
      registration: 'static',
    },
    incident: null,
    title: `Session ${seq} created`,
    body: 'It is on the tmux server work.',
    session: { id: `$${seq}`, name: `s${seq}` },
    ...fields,
  };
}

/** What an exporter reports of itself. */
export function reportJson(name: string, fields: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    v: 1,
    name,
    host: `${name}.example.org`,
    version: '0.1.0',
    epoch: 'abc',
    head: 1,
    time: TIME,
    advertise: null,
    state: 'present',
    heartbeat_ms: 30_000,
    servers: [
      { name: 'work', state: 'up', pid: 1, started_at: TIME, since: TIME, sessions: 1, windows: 2, panes: 3 },
      {
        name: 'old',
        state: 'gone',
        pid: null,
        started_at: null,
        since: TIME,
        sessions: null,
        windows: null,
        panes: null,
      },
    ],
    ...fields,
  };
}

/** A message, as the bus delivers it. */
export function received(subject: string, body: unknown, entries: Readonly<Record<string, string>>): ReceivedMessage {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { subject, data: new TextEncoder().encode(text), headers: headersOf(entries) };
}

/** The message of an event of `build7`. */
export function eventMessage(
  event: Record<string, unknown>,
  { subject = eventSubject('tmux', 'build7', 'session-created'), entries = {} } = {},
): ReceivedMessage {
  return received(subject, event, { 'Nats-Msg-Id': `build7:${event['id']}`, ...entries });
}

/** The message in which `build7` reports itself. */
export function reportMessage(report: Record<string, unknown>, entries: Readonly<Record<string, string>> = {}) {
  return received(hostSubject('tmux', 'build7'), report, entries);
}

/** Headers of the client. */
export function headersOf(entries: Readonly<Record<string, string>>) {
  const headers = emptyHeaders();
  for (const [key, value] of Object.entries(entries)) headers.set(key, value);
  return headers;
}
