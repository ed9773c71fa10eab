import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventDraft } from '../../../src/core/event/event.ts';
import { eventId, readCursor } from '../../../src/core/event/event-log.ts';
import { retentionKey } from '../../../src/core/event/retention.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { goneDraft, registeredDraft, unresponsiveDraft } from '../../../src/core/wording/draft.ts';
import { DEAD, failed, NOW, sampleDeath, sampleSnapshot, upRecord } from '../../support/sample/sample.ts';

const CAPACITY = 40;

function newLog(): MemoryLog {
  return new MemoryLog('e1', { host: 'machine', bootId: null }, CAPACITY);
}

function routine(name: string): EventDraft {
  return registeredDraft(recordOf(name));
}

function trouble(name: string): EventDraft {
  return unresponsiveDraft(recordOf(name), 2);
}

function death(name: string): EventDraft {
  return goneDraft(recordOf(name), sampleDeath('crashed'), failed('refused', DEAD));
}

function recordOf(name: string) {
  return upRecord(sampleSnapshot(), { name });
}

function append(log: MemoryLog, times: number, draftOf: (at: number) => EventDraft): void {
  for (let at = 0; at < times; at++) log.append(draftOf(at), NOW);
}

/** The kept events as `type name`. */
function kept(log: MemoryLog, seq = 0): string[] {
  return log.after(seq).map(({ event }) => `${event.type} ${event.server?.name}`);
}

function count(log: MemoryLog, text: string): number {
  return kept(log).filter((event) => event === text).length;
}

describe('A full history', () => {
  it('keeps the deaths of all, however much one server changes', () => {
    const log = newLog();
    append(log, 5, (at) => death(`own${at}`));

    append(log, 20_000, () => routine('busy'));

    expect(kept(log).slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((at) => `server-gone own${at}`));
    expect(log.after(0)).toHaveLength(CAPACITY);
    expect(log.oldest).toBe(1);
  });

  it('shares out what is routine: the busiest server forgets first', () => {
    const log = newLog();
    append(log, 10, (at) => routine(`quiet${at % 2}`));

    append(log, 1_000, () => routine('busy'));

    expect([count(log, 'server-registered quiet0'), count(log, 'server-registered quiet1')]).toEqual([5, 5]);
  });

  it('shares out deaths: the server that dies all the time forgets its own', () => {
    const log = newLog();
    append(log, 3, () => death('precious'));

    append(log, 1_000, () => death('flapping'));

    expect(count(log, 'server-gone precious')).toBe(3);
  });

  it('shares out by user: many names are no more than one', () => {
    const log = newLog();
    append(log, 3, (at) => death(`own${at}`));
    append(log, 3, (at) => death(`ada/work${at}`));

    append(log, 1_000, (at) => death(`mallory/${at}`));

    expect(kept(log).filter((event) => !event.includes('mallory'))).toHaveLength(6);
  });

  it('keeps a quarter for what is routine, and one for trouble, whatever dies', () => {
    const log = newLog();
    append(log, 10, () => routine('work'));
    append(log, 10, () => trouble('work'));

    append(log, 1_000, (at) => death(`own${at}`));

    expect([count(log, 'server-registered work'), count(log, 'server-unresponsive work')]).toEqual([10, 10]);
  });

  it('serves every reader what it keeps, and counts exactly what it does not', () => {
    const draft = fc.tuple(
      fc.constantFrom(routine, trouble, death),
      fc.constantFrom('a', 'b', 'mallory/c', 'mallory/d'),
    );
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 200 }), fc.nat(200), (drafts, position) => {
        const log = newLog();
        for (const [draftOf, name] of drafts) log.append(draftOf(name), NOW);
        const seq = Math.min(position, log.head);
        const cursor = readCursor(eventId('e1', seq), log);
        const lost = log.head - seq - log.after(seq).length;

        expect(log.after(0).length).toBe(Math.min(CAPACITY, drafts.length));
        expect(log.after(0).map((logged) => logged.seq)).toEqual(
          log
            .after(0)
            .map((logged) => logged.seq)
            .sort((a, b) => a - b),
        );
        expect(log.after(log.head - 1)).toHaveLength(Math.min(1, drafts.length));
        expect(cursor).toEqual(
          lost === 0 ? { kind: 'at', seq } : { kind: 'unservable', reason: 'evicted', missed: lost, seq },
        );
      }),
    );
  });

  it('forgets the same after it was read back', () => {
    const log = newLog();
    append(log, 30, (at) => death(`own${at % 3}`));
    append(log, 100, () => routine('busy'));
    const again = new MemoryLog('e1', { host: 'machine', bootId: null }, CAPACITY, log.after(0), log.head);

    append(log, 50, () => trouble('work'));
    append(again, 50, () => trouble('work'));

    expect(kept(again)).toEqual(kept(log));
  });
});

describe('What decides how long an event is kept', () => {
  it.each([
    ['server-gone', 'info', 'work', { level: 'death', owner: '', server: 'work' }],
    ['host-rebooted', 'critical', null, { level: 'death', owner: '/', server: '' }],
    ['server-unreachable', 'warning', 'ada/work', { level: 'trouble', owner: 'ada', server: 'ada/work' }],
    ['session-created', 'info', 'work', { level: 'routine', owner: '', server: 'work' }],
  ] as const)('of %s', (type, severity, server, key) => {
    expect(retentionKey(type, severity, server)).toEqual(key);
  });
});
