import { describe, expect, it } from '@jest/globals';
import { readEventMessage } from '../../../src/bus/read/event-message.ts';
import { eventJson, eventMessage, received } from './support/messages.ts';

const read = (message: Parameters<typeof readEventMessage>[1]) => readEventMessage('tmux', message);
const server = (fields: object) => ({ server: { ...(eventJson(1)['server'] as object), ...fields } });

describe('The message of an event', () => {
  it('is read, and the name of its exporter added', () => {
    const event = eventJson(7);
    expect(read(eventMessage(event))).toEqual({
      kind: 'event',
      name: 'build7',
      epoch: 'abc',
      historySeq: 7,
      type: 'session-created',
      severity: 'info',
      server: 'work',
      json: JSON.stringify({ ...event, name: 'build7' }),
    });
  });

  it('of a whole machine has no server', () => {
    expect(read(eventMessage(eventJson(7, { server: null })))).toMatchObject({ kind: 'event', server: null });
  });

  it.each<[string, (text: string) => string]>([
    ['on several lines', (text) => text.replace(',', ',\n')],
    ['followed by something', (text) => `${text} `],
    ['with a name of its own', (text) => text.replace('{', '{"name":"build8",')],
  ])('%s is refused', (_, change) => {
    const text = change(JSON.stringify(eventJson(7)));
    const message = received('tmux.events.build7.session-created', text, { 'Nats-Msg-Id': 'build7:abc-7' });
    expect(read(message)).toEqual({ kind: 'rejected', reason: 'body' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['another version', { v: 2 }],
    ['another type than its subject', { type: 'server-gone' }],
    ['an unknown severity', { severity: 'fatal' }],
    ['no time', { time: 'yesterday' }],
    ['no title', { title: null }],
    ['no body', { body: undefined }],
    ['an incident that is no text', { incident: 7 }],
    ['a boot id that is no text', { boot_id: 7 }],
    ['a server that is no object', { server: 'work' }],
    ['a server whose name is none', server({ name: '<b>' })],
    ['a server whose pid is none', server({ pid: '1; rm' })],
    ['a server whose start is no time', server({ started_at: 7 })],
  ])('with %s is refused', (_, fields) => {
    expect(read(eventMessage(eventJson(7, fields)))).toEqual({ kind: 'rejected', reason: 'body' });
  });

  const lost = { sessions: 1, windows: 1, panes: 1, attached: 0, session_names: ['a'], commands: [], as_of: null };
  const gone = { type: 'server-gone', reason: 'crashed', cause: 'unknown', evidence: {}, uptime_seconds: 7, lost };
  const explained = {
    type: 'server-gone-cause',
    gone: 'abc-6',
    reason: 'crashed',
    cause: 'oom_kill',
    evidence: 'It is.',
  };
  const ofType = (fields: { type: string }) =>
    read(eventMessage(eventJson(7, fields), { subject: `tmux.events.build7.${fields.type}` }));

  it.each([gone, { ...gone, uptime_seconds: null, lost: null }, { ...gone, cause: 'of_a_newer_exporter' }, explained])(
    'about a death is read: %j',
    (fields) => {
      expect(ofType(fields)).toMatchObject({ kind: 'event', type: fields.type });
    },
  );

  it.each([
    { ...gone, reason: [{ text: '<b>' }] },
    { ...gone, cause: null },
    { ...gone, uptime_seconds: '7' },
    { ...gone, lost: undefined },
    { ...gone, lost: { ...lost, sessions: -1 } },
    { ...gone, lost: { ...lost, session_names: 'a' } },
    { ...gone, lost: { ...lost, commands: [7] } },
    { ...explained, evidence: [{ text: '<b>' }] },
    { ...explained, gone: 6 },
  ])('about a death is refused if the pages could not show it: %j', (fields) => {
    expect(ofType(fields)).toEqual({ kind: 'rejected', reason: 'body' });
  });

  it.each(['', 'null', '[]', '7', '{"v":1'])('with the body %j is refused', (body) => {
    const message = received('tmux.events.build7.server-up', body, { 'Nats-Msg-Id': 'build7:abc-7' });
    expect(read(message)).toEqual({ kind: 'rejected', reason: 'body' });
  });

  it.each(['tmux.events.build7', 'tmux.hosts.build7.x', 'other.events.build7.session-created', 'tmux.events.a.b.c'])(
    'under the subject %s is refused',
    (subject) => {
      expect(read(eventMessage(eventJson(7), { subject }))).toEqual({ kind: 'rejected', reason: 'body' });
    },
  );

  it.each(['', 'abc-7', 'build8:abc-7', 'build7:abc-8', 'build7:abc-7:x'])('with the id %j is refused', (id) => {
    const message = eventMessage(eventJson(7), { entries: { 'Nats-Msg-Id': id } });
    expect(read(message)).toEqual({ kind: 'rejected', reason: 'id' });
  });

  it('whose id is none is refused', () => {
    expect(read(eventMessage(eventJson(7, { id: 'x' })))).toEqual({ kind: 'rejected', reason: 'id' });
  });

  it('under a name that is none is refused', () => {
    const subject = 'tmux.events.bad!.session-created';
    const message = eventMessage(eventJson(7), { subject, entries: { 'Nats-Msg-Id': 'bad!:abc-7' } });
    expect(read(message)).toEqual({ kind: 'rejected', reason: 'id' });
  });

  it.each(['Nats-Stream', 'Nats-Subject'])('that a stream delivered before, as %s says, is refused', (header) => {
    const message = eventMessage(eventJson(7), { entries: { [header]: 'x' } });
    expect(read(message)).toEqual({ kind: 'rejected', reason: 'replayed' });
  });

  it.each([null, '', 'a\nb', 'x'.repeat(256)])('whose host is %j is refused', (host) => {
    expect(read(eventMessage(eventJson(7, { host })))).toEqual({ kind: 'rejected', reason: 'host' });
  });

  it('of more than 8 KiB is refused', () => {
    expect(read(eventMessage(eventJson(7, { body: 'x'.repeat(8_192) })))).toEqual({ kind: 'rejected', reason: 'size' });
  });

  it('that is not UTF-8 is refused', () => {
    const message = eventMessage(eventJson(7));
    expect(read({ ...message, data: message.data.map((byte) => (byte === 0x73 ? 0xff : byte)) })).toEqual({
      kind: 'rejected',
      reason: 'body',
    });
  });
});
