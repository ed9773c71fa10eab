import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventDraft } from '../../../src/core/event/event.ts';
import { eventId, type LoggedEvent, readCursor, storedEvent } from '../../../src/core/event/event-log.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { registeredDraft } from '../../../src/core/wording/draft.ts';
import { NOW, pendingRecord } from '../../support/sample/sample.ts';

const ORIGIN = { host: 'machine', bootId: 'boot-1' };
const DRAFT: EventDraft = registeredDraft(pendingRecord());
const CAPACITY = 5;

function logOf(length: number): MemoryLog {
  const log = new MemoryLog('e1', ORIGIN, CAPACITY);
  for (let at = 0; at < length; at++) log.append(DRAFT, NOW);
  return log;
}

function seqs(events: readonly LoggedEvent[]): number[] {
  return events.map(({ seq }) => seq);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
}

describe('MemoryLog', () => {
  it('gives an event its id, its time and its place', () => {
    const { seq, event, json } = logOf(2).append(DRAFT, NOW);

    expect(seq).toBe(3);
    expect(event).toMatchObject({
      v: 1,
      id: 'e1-3',
      type: 'server-registered',
      time: '2026-03-01T12:00:00.000Z',
      host: 'machine',
      boot_id: 'boot-1',
      incident: null,
    });
    expect(JSON.parse(json)).toEqual(event);
  });

  it('makes the id of an event that opens an incident the id of the incident', () => {
    const { event } = logOf(1).append({ ...DRAFT, incident: 'opens' }, NOW);

    expect(event.incident).toBe('e1-2');
  });

  it('puts an event that continues an incident into it', () => {
    const { event } = logOf(1).append({ ...DRAFT, incident: 'e1-1' }, NOW);

    expect(event.incident).toBe('e1-1');
  });

  it('is empty at first', () => {
    const log = logOf(0);

    expect([log.head, log.oldest, log.after(0)]).toEqual([0, 1, []]);
  });

  it('keeps exactly the newest events of its capacity', () => {
    fc.assert(
      fc.property(fc.nat(23), (length) => {
        const log = logOf(length);
        expect(log.head).toBe(length);
        expect(log.oldest).toBe(Math.max(1, length - CAPACITY + 1));
        expect(seqs(log.after(0))).toEqual(range(log.oldest, length));
      }),
    );
  });

  it('gives what came after a sequence, oldest first, at most as many as asked for', () => {
    fc.assert(
      fc.property(fc.nat(23), fc.nat(30), fc.nat(8), (length, seq, limit) => {
        const log = logOf(length);
        const wanted = range(Math.max(seq + 1, log.oldest), length).slice(0, limit);
        expect(seqs(log.after(seq, limit))).toEqual(wanted);
      }),
    );
  });

  it('goes on after the events that were kept', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 23 }), fc.nat(12), (kept, more) => {
        const log = new MemoryLog('e1', ORIGIN, CAPACITY, logOf(kept).after(0));
        for (let at = 0; at < more; at++) log.append(DRAFT, NOW);
        expect(seqs(log.after(0))).toEqual(seqs(logOf(kept + more).after(0)));
        expect([log.head, log.oldest]).toEqual([logOf(kept + more).head, logOf(kept + more).oldest]);
      }),
    );
  });
});

describe('readCursor', () => {
  const log = logOf(8);

  it.each([
    ['the newest event', 'e1-8', { kind: 'at', seq: 8 }],
    ['the oldest event', 'e1-4', { kind: 'at', seq: 4 }],
    ['the event before the oldest, of which nothing was missed', 'e1-3', { kind: 'at', seq: 3 }],
  ])('serves %s', (_, id, cursor) => {
    expect(readCursor(id, log)).toEqual(cursor);
  });

  it.each([
    ['e1-2', 1],
    ['e1-0', 3],
  ])('counts exactly what was evicted after %s', (id, missed) => {
    expect(readCursor(id, log)).toEqual({
      kind: 'unservable',
      reason: 'evicted',
      missed,
      seq: Number(id.slice('e1-'.length)),
    });
  });

  it.each([
    ['another epoch', 'e2-8', 'epoch'],
    ['the future', 'e1-9', 'future'],
    ['nothing', '', 'malformed'],
    ['no sequence', 'e1-', 'malformed'],
    ['a negative sequence', 'e1--1', 'malformed'],
    ['a number too large to be exact', `e1-${'9'.repeat(16)}`, 'malformed'],
    ['an epoch with other characters', 'e_1-8', 'malformed'],
    ['a newline after it', 'e1-8\n', 'malformed'],
  ])('cannot serve %s', (_, id, reason) => {
    expect(readCursor(id, log)).toMatchObject({ kind: 'unservable', reason, missed: null });
  });

  it('serves the start of an empty log', () => {
    expect(readCursor('e1-0', logOf(0))).toEqual({ kind: 'at', seq: 0 });
  });

  it('misses nothing and repeats nothing for any event of the log', () => {
    fc.assert(
      fc.property(fc.nat(23), fc.nat(23), (length, seq) => {
        const log = logOf(length);
        const cursor = readCursor(eventId('e1', seq), log);
        if (cursor.kind === 'at') expect(seqs(log.after(cursor.seq))).toEqual(range(seq + 1, length));
        else if (cursor.reason === 'evicted') expect(log.oldest).toBe(seq + 1 + (cursor.missed ?? 0));
        else expect(seq).toBeGreaterThan(length);
      }),
    );
  });
});

describe('storedEvent', () => {
  it('is the event that was stored', () => {
    const logged = logOf(0).append(DRAFT, NOW);

    const read = storedEvent(logged.seq, logged.json, logged.retention);

    expect([read.seq, read.json, read.event]).toEqual([1, logged.json, logged.event]);
  });

  it('is parsed once, however many readers need it', () => {
    const logged = logOf(0).append(DRAFT, NOW);

    const read = storedEvent(logged.seq, logged.json, logged.retention);

    expect(read.event).toBe(read.event);
  });
});
