import { describe, expect, it } from '@jest/globals';
import { type EventMessage, readEventMessage } from '../../../src/bus/read/event-message.ts';
import { checkOf } from '../../../src/bus/read/fleet-cursor.ts';
import { KeptEvent, RetentionKeys } from '../../../src/bus/read/fleet-event.ts';
import { eventSubject } from '../../../src/bus/stream/subjects.ts';
import { eventJson, eventMessage } from './support/messages.ts';

function message(name: string, seq: number, fields: Readonly<Record<string, unknown>> = {}): EventMessage {
  const event = eventJson(seq, fields);
  const subject = eventSubject('tmux', name, String(event['type']));
  const reading = readEventMessage(
    'tmux',
    eventMessage(event, { subject, entries: { 'Nats-Msg-Id': `${name}:abc-${seq}` } }),
  );
  if (reading.kind === 'rejected') throw new Error(`expected an event, found ${reading.reason}`);
  return reading;
}

describe('An event of the fleet', () => {
  it('has a cursor, and its event', () => {
    const kept = new KeptEvent(
      '0123456789ab',
      { seq: 12, stored: 1_772_366_400_123_456_789n },
      0,
      message('build7', 7),
      new RetentionKeys().of(message('build7', 7)),
    );
    expect(kept).toMatchObject({
      seq: 12,
      storedAt: 1_772_366_400_123,
      name: 'build7',
      type: 'session-created',
      severity: 'info',
    });
    expect(kept.cursor).toBe(`0123456789ab-12.${checkOf('build7', 'abc-7', 1_772_366_400_123_456_789n)}`);
    expect(kept.event).toEqual({ ...eventJson(7), name: 'build7' });
  });
});

describe('The retention keys of a fleet', () => {
  const keys = new RetentionKeys();

  it('belong to an exporter and a server of it', () => {
    expect(keys.of(message('build7', 1))).toEqual({ level: 'routine', owner: 'build7', server: 'build7/work' });
    expect(
      keys.of(
        message('build7', 1, {
          type: 'server-gone',
          severity: 'critical',
          reason: 'crashed',
          cause: 'unknown',
          uptime_seconds: null,
          lost: null,
        }),
      ),
    ).toMatchObject({
      level: 'death',
    });
    expect(keys.of(message('build8', 1, { server: null }))).toMatchObject({ owner: 'build8', server: 'build8/' });
  });

  it('are one object if they are equal', () => {
    expect(keys.of(message('build7', 2))).toBe(keys.of(message('build7', 1)));
    expect(keys.of(message('build8', 2))).not.toBe(keys.of(message('build7', 1)));
  });
});
