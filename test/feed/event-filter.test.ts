import { describe, expect, it } from '@jest/globals';
import type { Severity } from '../../src/core/event/event.ts';
import { type Filter, matchesEvent, matchesServer } from '../../src/feed/event-filter.ts';
import { type FeedEvent, LocalEvent } from '../../src/feed/source/feed-event.ts';
import { newLog, sessionDraft } from './support/events.ts';

const ALL: Filter = { hosts: [], servers: [], types: [], severity: 'info' };

function event(server: string, severity: Severity = 'info'): FeedEvent {
  return new LocalEvent(newLog().append(sessionDraft(server, severity), 0), 'e');
}

describe('a filter', () => {
  it('lets everything pass that it does not mention', () => {
    expect(matchesEvent(ALL, event('work'))).toBe(true);
    expect(matchesServer(ALL, 'work')).toBe(true);
  });

  it('lets a server pass that one of its patterns names', () => {
    const filter = { ...ALL, servers: ['play', 'wo*'] };
    expect(matchesEvent(filter, event('work'))).toBe(true);
    expect(matchesEvent(filter, event('other'))).toBe(false);
  });

  it('lets only its types pass', () => {
    expect(matchesEvent({ ...ALL, types: ['server-gone'] }, event('work'))).toBe(false);
    expect(matchesEvent({ ...ALL, types: ['server-gone', 'session-created'] }, event('work'))).toBe(true);
  });

  it('lets its severity and all above pass', () => {
    const filter = { ...ALL, severity: 'warning' as const };
    const passing = (['info', 'warning', 'critical'] as const).filter((level) =>
      matchesEvent(filter, event('work', level)),
    );
    expect(passing).toEqual(['warning', 'critical']);
  });
});
