import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { incidentEnds } from '../../../src/alert/receiver/incident-ends.ts';
import {
  type IncidentSettings,
  Incidents,
  MOST_INCIDENTS,
  type NoticeDraft,
} from '../../../src/alert/receiver/incidents.ts';
import { MemoryOutbox } from '../../../src/core/alert/outbox.ts';
import type { TmuxEvent } from '../../../src/core/event/event.ts';
import { runs } from '../../support/sample/seed.ts';
import { NOW, Story } from '../support/events.ts';
import { directLog, NOTHING_KEPT } from '../support/kept.ts';
import { receiverOf } from '../support/receiver.ts';

const MINUTE = 60_000;

function incidentsOf(given: Partial<IncidentSettings> = {}): Incidents {
  return new Incidents(receiverOf(given), NOTHING_KEPT, directLog(), () => false);
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

  it('are forgotten once they are not open any more, and what ended them is not known', () => {
    const story = new Story();
    const incidents = incidentsOf();
    const { event } = story.gone('work');
    incidents.take(event, NOW);
    const endsOf = () => new Map();
    expect(incidents.retain({ isOpen: (incident) => incident === event.id, endsOf }, NOW)).toEqual([]);
    expect(incidents.open).toBe(1);
    expect(incidents.retain({ isOpen: () => false, endsOf }, NOW)).toEqual([]);
    expect(incidents.take(story.up('work', event.id).event, NOW)).toEqual([]);
  });

  it.each([
    ['its return', (story: Story, incident: string) => story.up('work', incident)],
    ['the end of its registration', (story: Story) => story.other('server-unregistered', 'work')],
  ])('are ended later by %s', (_, happens) => {
    const story = new Story();
    const incidents = incidentsOf();
    story.other('server-unregistered', 'work');
    const { event } = story.gone('work');
    incidents.take(event, NOW);
    story.up('other', 'i');
    story.other('server-unregistered', 'other');
    const end = happens(story, event.id);
    expect(
      incidents.retain(
        incidentEnds(() => false, story.log),
        NOW,
      ),
    ).toMatchObject([{ status: 'resolved', event: { id: end.event.id }, ended: [{ id: event.id }] }]);
    expect(incidents.open).toBe(0);
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
    new Incidents(settings, outbox.rows('ops'), directLog(outbox), () => false).take(event, NOW);
    const again = new Incidents(settings, outbox.rows('ops'), directLog(outbox), () => false);
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
    expect(said(incidents.elapse(NOW + 5 * MINUTE))).toEqual(['resolved server-up 9']);
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

describe('a cooldown, and an incident with several problems', () => {
  const SECOND = 1_000;

  /** A server that hung and recovered, was notified of, and hangs again. */
  function hungAgain(incidents: Incidents, story: Story) {
    const hang = (incident: string) => story.other('server-unresponsive', 'work', { incident }).event;
    incidents.take(hang('i1'), NOW);
    incidents.take(story.other('server-recovered', 'work', { incident: 'i1' }).event, NOW + 10 * SECOND);
    expect(incidents.take(hang('i2'), NOW + 20 * SECOND)).toEqual([]);
    return { hang, gone: () => ({ ...story.gone('work').event, incident: 'i2' }) };
  }

  it('never reports a problem that a later one of its incident has overtaken', () => {
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE });
    const { gone } = hungAgain(incidents, new Story());
    expect(said(incidents.take(gone(), NOW + MINUTE))).toEqual(['firing server-gone 0']);
    expect(incidents.elapse(NOW + 5 * MINUTE)).toEqual([]);
  });

  it('never reports it if the later one is held back, too', () => {
    const story = new Story();
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE });
    const { event } = story.gone('work');
    incidents.take(event, NOW - 10 * SECOND);
    incidents.take(story.up('work', event.id).event, NOW - 5 * SECOND);
    const { gone } = hungAgain(incidents, story);
    expect(incidents.take(gone(), NOW + MINUTE)).toEqual([]);
    expect(said(incidents.elapse(NOW + 6 * MINUTE))).toEqual(['firing server-gone 0']);
  });

  it('reports a return that it holds back before a new problem of the server', () => {
    const story = new Story();
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE });
    const { hang } = hungAgain(incidents, story);
    const recovered = story.other('server-recovered', 'work', { incident: 'i2' });
    incidents.take(recovered.event, NOW + 30 * SECOND);
    expect(said(incidents.take(story.gone('work').event, NOW + MINUTE))).toEqual([
      'resolved server-recovered 1',
      'firing server-gone 0',
    ]);
    expect(incidents.take(hang('i3'), NOW + 5 * MINUTE)).toEqual([]);
  });

  it('reports the end of the incident once', () => {
    const story = new Story();
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE });
    const { gone, hang } = hungAgain(incidents, story);
    incidents.take(gone(), NOW + MINUTE);
    incidents.take(hang('i2'), NOW + 65 * SECOND);
    expect(said(incidents.take(story.up('work', 'i2').event, NOW + 70 * SECOND))).toEqual(['resolved server-up 0']);
    expect(incidents.elapse(NOW + 5 * MINUTE)).toEqual([]);
  });

  it('counts an overtaken problem in the next report of its type', () => {
    const story = new Story();
    const incidents = incidentsOf({ cooldownMs: 5 * MINUTE });
    const { gone, hang } = hungAgain(incidents, story);
    incidents.take(gone(), NOW + MINUTE);
    incidents.take(story.up('work', 'i2').event, NOW + 70 * SECOND);
    incidents.take(hang('i3'), NOW + 80 * SECOND);
    expect(said(incidents.elapse(NOW + 5 * MINUTE))).toEqual(['firing server-unresponsive 1']);
  });
});

describe('any course of hangs, deaths and returns', () => {
  type Problem = 'server-unresponsive' | 'server-unreachable' | 'server-gone';
  const step = fc.record({
    server: fc.nat(1),
    pauseMs: fc.constantFrom(1_000, 1_000, 1_000, 20_000, MINUTE, 4 * MINUTE),
    next: fc.constantFrom<Problem | 'well'>('server-unresponsive', 'server-unreachable', 'server-gone', 'well'),
  });
  const settings = fc.record({ cooldownMs: fc.constantFrom(0, 5 * MINUTE), repeatMs: fc.constantFrom(0, 7 * MINUTE) });

  /** Tells what happens to some servers, each of which has at most one open incident. */
  class Course {
    readonly #story = new Story();
    /** The newest problem of each incident. */
    readonly newest = new Map<string, TmuxEvent>();
    /** The open incident of each server. */
    readonly open = new Map<string, string>();

    /** Null if this cannot happen to the server now. */
    happens(server: string, next: Problem | 'well'): TmuxEvent | null {
      const incident = this.open.get(server) ?? null;
      const before = incident === null ? undefined : this.newest.get(incident)?.type;
      if (next !== 'well') return before === 'server-gone' || before === next ? null : this.#begins(server, next);
      if (incident === null) return null;
      this.open.delete(server);
      if (before === 'server-gone') return this.#story.up(server, incident).event;
      return this.#story.other('server-recovered', server, { incident }).event;
    }

    #begins(server: string, type: Problem): TmuxEvent {
      const { event } = type === 'server-gone' ? this.#story.gone(server) : this.#story.other(type, server);
      const incident = this.open.get(server) ?? event.id;
      const problem = { ...event, incident };
      this.open.set(server, incident);
      this.newest.set(incident, problem);
      return problem;
    }
  }

  it('is reported without an end before its beginning, without what is out of date, and the last report is right', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        settings,
        fc.boolean(),
        fc.boolean(),
        (steps, given, restarts, isAway) => {
          const course = new Course();
          const outbox = new MemoryOutbox();
          const make = () => new Incidents(receiverOf(given), outbox.rows('ops'), directLog(outbox), () => isAway);
          let incidents = make();
          let now = NOW;
          const reported: NoticeDraft[] = [];
          const report = (drafts: readonly NoticeDraft[]) => {
            for (const { status, reason, event } of drafts)
              if (status === 'firing' && reason === 'new') expect(event).toBe(course.newest.get(event.incident ?? ''));
            reported.push(...drafts);
          };
          for (const { server, pauseMs, next } of steps) {
            now += pauseMs;
            if (restarts) incidents = make();
            report(incidents.elapse(now));
            const event = course.happens(`s${server}`, next);
            if (event) report(incidents.take(event, now));
          }
          report(incidents.elapse(now + 5 * MINUTE));

          const begun = new Set<string>();
          for (const { status, event, ended, suppressed } of reported) {
            if (status === 'firing') begun.add(event.id);
            for (const { id } of ended) if (suppressed === 0) expect(begun).toContain(id);
          }
          const resolved = reported.filter(({ status }) => status === 'resolved');
          const ends = resolved.map(({ event }) => event.id);
          expect(ends).toEqual([...new Set(ends)]);
          const ended = resolved.flatMap((notice) => notice.ended.map(({ id }) => id));
          expect(ended).toEqual([...new Set(ended)]);
          for (const name of ['s0', 's1']) {
            const all = reported.filter(({ event }) => event.server?.name === name);
            let newest = 0;
            for (const { status, event } of all) {
              const place = Number(event.id.split('-')[1]);
              if (status === 'firing') newest = Math.max(newest, place);
              else expect(place).toBeGreaterThan(newest);
            }
            const last = all.at(-1);
            const incident = course.open.get(name);
            if (incident === undefined) expect(last?.status ?? 'resolved').toBe('resolved');
            else expect(last).toMatchObject({ status: 'firing', event: { id: course.newest.get(incident)?.id } });
          }
        },
      ),
      { numRuns: runs(500) },
    );
  });
});
