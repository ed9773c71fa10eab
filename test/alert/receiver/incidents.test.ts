import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type IncidentSettings,
  Incidents,
  MOST_INCIDENTS,
  type NoticeDraft,
} from '../../../src/alert/receiver/incidents.ts';
import { MemoryOutbox } from '../../../src/core/alert/outbox.ts';
import { runs } from '../../support/sample/seed.ts';
import { NOW, Story } from '../support/events.ts';
import { directLog, NOTHING_KEPT } from '../support/kept.ts';
import { receiverOf } from '../support/receiver.ts';

const MINUTE = 60_000;

function incidentsOf(given: Partial<IncidentSettings> = {}): Incidents {
  return new Incidents(receiverOf(given), NOTHING_KEPT, directLog());
}

function said(drafts: readonly NoticeDraft[]): string[] {
  return drafts.map(({ status, event, suppressed }) => `${status} ${event.type} ${suppressed}`);
}

describe('the incidents of a receiver', () => {
  it('report a death, and the return that ends it', () => {
    const story = new Story();
    const incidents = incidentsOf();
    const { event } = story.gone('work');
    expect(said(incidents.take(event, NOW))).toEqual(['firing server-gone 0']);
    const [resolved] = incidents.take(story.up('work', event.id).event, NOW);
    expect(resolved).toMatchObject({ status: 'resolved', event: { type: 'server-up' }, ended: [{ id: event.id }] });
    expect(incidents.open).toBe(0);
  });

  it('do not report the end of what they did not report', () => {
    const story = new Story();
    const incidents = incidentsOf({ servers: ['other*'] });
    const { event } = story.gone('work');
    expect(incidents.take(event, NOW)).toEqual([]);
    expect(incidents.take(story.up('work', event.id).event, NOW)).toEqual([]);
  });

  it('end every problem of an incident together', () => {
    const story = new Story();
    const incidents = incidentsOf();
    const hung = story.other('server-unresponsive', 'work', { incident: 'i', severity: 'warning' }).event;
    const gone = { ...story.gone('work').event, incident: 'i' };
    incidents.take(hung, NOW);
    incidents.take(gone, NOW);
    const [resolved] = incidents.take(story.up('work', 'i').event, NOW);
    expect(resolved?.ended.map(({ type }) => type)).toEqual(['server-unresponsive', 'server-gone']);
  });

  it('end with the registration of their server', () => {
    const story = new Story();
    const incidents = incidentsOf();
    incidents.take(story.gone('work').event, NOW);
    incidents.take(story.gone('other').event, NOW);
    expect(said(incidents.take(story.other('server-unregistered', 'work').event, NOW))).toEqual([
      'resolved server-unregistered 0',
    ]);
    expect(incidents.open).toBe(1);
  });

  it('do not report ends to a receiver that does not want them', () => {
    const story = new Story();
    const incidents = incidentsOf({ sendResolved: false });
    const { event } = story.gone('work');
    incidents.take(event, NOW);
    expect(incidents.take(story.up('work', event.id).event, NOW)).toEqual([]);
    expect(incidents.open).toBe(0);
  });

  it('report other events as info if the receiver wants them', () => {
    const story = new Story();
    const incidents = incidentsOf({ events: ['session-created', 'server-up'] });
    expect(said(incidents.take(story.other('session-created', 'work').event, NOW))).toEqual(['info session-created 0']);
    expect(said(incidents.take(story.up('work', null).event, NOW))).toEqual(['info server-up 0']);
    expect(incidents.take(story.other('session-closed', 'work').event, NOW)).toEqual([]);
  });

  it.each([
    ['critical', 'crashed', 1],
    ['critical', 'exited', 0],
    ['warning', 'exited', 1],
  ] as const)('with the minimum severity %s report a server that %s: %s time', (minSeverity, reason, times) => {
    expect(incidentsOf({ minSeverity }).take(new Story().gone('work', reason).event, NOW)).toHaveLength(times);
  });

  it('are repeated while they are open', () => {
    const story = new Story();
    const incidents = incidentsOf({ repeatMs: 60 * MINUTE });
    const { event } = story.gone('work');
    incidents.take(event, NOW);
    expect(incidents.nextAt()).toBe(NOW + 60 * MINUTE);
    expect(incidents.elapse(NOW + 59 * MINUTE)).toEqual([]);
    expect(incidents.elapse(NOW + 60 * MINUTE)).toMatchObject([
      { status: 'firing', reason: 'repeat', event: { id: event.id } },
    ]);
    expect(incidents.elapse(NOW + 61 * MINUTE)).toEqual([]);
    incidents.take(story.up('work', event.id).event, NOW + 62 * MINUTE);
    expect(incidents.elapse(NOW + 999 * MINUTE)).toEqual([]);
    expect(incidents.nextAt()).toBe(Number.POSITIVE_INFINITY);
  });

  it('are forgotten once they are not open any more', () => {
    const story = new Story();
    const incidents = incidentsOf();
    const { event } = story.gone('work');
    incidents.take(event, NOW);
    incidents.retain((incident) => incident === event.id);
    expect(incidents.open).toBe(1);
    incidents.retain(() => false);
    expect(incidents.take(story.up('work', event.id).event, NOW)).toEqual([]);
  });

  it('are bounded in number', () => {
    const story = new Story();
    const incidents = incidentsOf();
    for (let server = 0; server < MOST_INCIDENTS + 5; server++) incidents.take(story.gone(`s${server}`).event, NOW);
    expect(incidents.open).toBe(MOST_INCIDENTS);
  });

  it('are the same after a restart', () => {
    const story = new Story();
    const outbox = new MemoryOutbox();
    const settings = receiverOf({ cooldownMs: 5 * MINUTE });
    const { event } = story.gone('work');
    new Incidents(settings, outbox.rows('ops'), directLog(outbox)).take(event, NOW);
    const again = new Incidents(settings, outbox.rows('ops'), directLog(outbox));
    expect(said(again.take(story.up('work', event.id).event, NOW + 1))).toEqual(['resolved server-up 0']);
    expect(again.take(story.gone('work').event, NOW + 2)).toEqual([]);
  });
});

describe('a cooldown', () => {
  /** A server that dies and returns, again and again, a second each. */
  function flap(incidents: Incidents, story: Story, times: number): NoticeDraft[] {
    return Array.from({ length: times }).flatMap((_, turn) => {
      const { event } = story.gone('work');
      const at = NOW + turn * 6_000;
      return [...incidents.take(event, at), ...incidents.take(story.up('work', event.id).event, at + 3_000)];
    });
  }

  it('reports ten deaths in a minute once, and at its end once more with the number left out', () => {
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE });
    expect(said(flap(incidents, new Story(), 10))).toEqual(['firing server-gone 0', 'resolved server-up 0']);
    expect(incidents.nextAt()).toBe(NOW + 5 * MINUTE);
    expect(incidents.elapse(NOW + 5 * MINUTE - 1)).toEqual([]);
    expect(said(incidents.elapse(NOW + 5 * MINUTE))).toEqual(['resolved server-up 8']);
    expect(incidents.elapse(NOW + 99 * MINUTE)).toEqual([]);
  });

  it('reports at its end a server that is still dead, and then its return', () => {
    const story = new Story();
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE });
    flap(incidents, story, 3);
    const { event } = story.gone('work');
    incidents.take(event, NOW + MINUTE);
    expect(said(incidents.elapse(NOW + 5 * MINUTE))).toEqual(['firing server-gone 2']);
    expect(said(incidents.take(story.up('work', event.id).event, NOW + 6 * MINUTE))).toEqual(['resolved server-up 0']);
  });

  it('is one for each server and each type', () => {
    const story = new Story();
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE });
    incidents.take(story.gone('work').event, NOW);
    expect(incidents.take(story.gone('other').event, NOW)).toHaveLength(1);
    expect(incidents.take(story.other('server-unreachable', 'work', { incident: 'x' }).event, NOW)).toHaveLength(1);
    expect(incidents.take(story.gone('work').event, NOW)).toHaveLength(0);
  });

  it('holds back the cause of a death that it holds back, and no other', () => {
    const story = new Story();
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE });
    const death = story.gone('work').event;
    incidents.take(death, NOW);
    const held = story.gone('work').event;
    incidents.take(held, NOW + 1_000);
    const causeOf = (incident: string) => story.other('server-gone-cause', 'work', { incident }).event;
    expect(incidents.take(causeOf(held.id), NOW + 2_000)).toEqual([]);
    expect(said(incidents.take(causeOf(death.id), NOW + 2_000))).toEqual(['info server-gone-cause 0']);
  });

  it('reports only the deaths to a receiver that wants no ends', () => {
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE, sendResolved: false });
    expect(said(flap(incidents, new Story(), 4))).toEqual(['firing server-gone 0']);
    expect(said(incidents.elapse(NOW + 5 * MINUTE))).toEqual(['firing server-gone 2']);
  });
});

describe('any course of deaths and returns', () => {
  const step = fc.record({ server: fc.nat(2), pauseMs: fc.constantFrom(1_000, MINUTE, 4 * MINUTE, 10 * MINUTE) });
  const settings = fc.record({ cooldownMs: fc.constantFrom(0, 5 * MINUTE), repeatMs: fc.constantFrom(0, 7 * MINUTE) });

  it('is reported without an end before its beginning, and the last report is right', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), settings, fc.boolean(), (steps, given, restarts) => {
        const story = new Story();
        const outbox = new MemoryOutbox();
        const make = () => new Incidents(receiverOf(given), outbox.rows('ops'), directLog(outbox));
        let incidents = make();
        let now = NOW;
        const dead = new Map<string, string>();
        const reported: NoticeDraft[] = [];
        for (const { server, pauseMs } of steps) {
          now += pauseMs;
          if (restarts) incidents = make();
          const name = `s${server}`;
          const incident = dead.get(name);
          const { event } = incident === undefined ? story.gone(name) : story.up(name, incident);
          reported.push(...incidents.take(event, now));
          if (incident === undefined) dead.set(name, event.id);
          else dead.delete(name);
        }
        reported.push(...incidents.elapse(now + 5 * MINUTE));

        const begun = new Set<string>();
        for (const { status, event, ended } of reported) {
          if (status === 'firing') begun.add(event.id);
          for (const { id } of status === 'resolved' && given.cooldownMs === 0 ? ended : [])
            expect(begun).toContain(id);
        }
        for (const name of ['s0', 's1', 's2']) {
          const last = reported.filter(({ event }) => event.server?.name === name).at(-1);
          if (dead.has(name)) expect(last).toMatchObject({ status: 'firing', event: { incident: dead.get(name) } });
          else expect(last?.status ?? 'resolved').toBe('resolved');
        }
      }),
      { numRuns: runs(500) },
    );
  });
});
