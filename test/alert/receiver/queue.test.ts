import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { NoticeDraft } from '../../../src/alert/receiver/incidents.ts';
import { MessageQueue, MOST_DEAD, MOST_NOTICES, PACE_MS } from '../../../src/alert/receiver/queue.ts';
import type { Grouping } from '../../../src/alert/receiver/receiver.ts';
import { MemoryOutbox, type Notice } from '../../../src/core/alert/outbox.ts';
import { runs } from '../../support/sample/seed.ts';
import { NOW, Story } from '../support/events.ts';
import { directLog } from '../support/kept.ts';

const GROUP: Grouping = { waitMs: 5_000, intervalMs: 60_000, max: 50 };

interface Given {
  readonly group?: Partial<Grouping>;
  readonly outbox?: MemoryOutbox;
  readonly onOverflow?: (notices: readonly Notice[]) => void;
}

let ids = 0;

function queueOf({ group, outbox = new MemoryOutbox(), onOverflow = () => {} }: Given = {}): MessageQueue {
  const kept = outbox.rows('ops');
  return new MessageQueue({
    group: { ...GROUP, ...group },
    kept,
    log: directLog(outbox),
    newId: () => `msg_${++ids}`,
    onOverflow,
  });
}

function firing(story: Story, server: string, reason: 'crashed' | 'rebooted' = 'crashed'): NoticeDraft {
  return { status: 'firing', reason: 'new', event: story.gone(server, reason).event, ended: [], suppressed: 0 };
}

function resolved(story: Story, { event }: NoticeDraft): NoticeDraft {
  const end = story.up(event.server?.name ?? '', event.id).event;
  return { status: 'resolved', reason: 'new', event: end, ended: [event], suppressed: 0 };
}

function serversIn(queue: MessageQueue): string[] {
  return queue.current?.notices.map(({ event }) => event.server?.name ?? event.type) ?? [];
}

describe('a queue', () => {
  it('sends fifty deaths of one second as one message', () => {
    const story = new Story();
    const queue = queueOf();
    for (let server = 0; server < 50; server++) queue.add(firing(story, `s${server}`), NOW + server * 20);
    expect(queue.due(NOW + 980)?.notices).toHaveLength(50);
    queue.delivered(NOW + 1_000);
    expect(queue.length).toBe(0);
  });

  it('lets the first notice wait for others', () => {
    const story = new Story();
    const queue = queueOf();
    queue.add(firing(story, 'a'), NOW);
    expect(queue.nextAt()).toBe(NOW + 5_000);
    expect(queue.due(NOW + 4_999)).toBeNull();
    queue.add(firing(story, 'b'), NOW + 4_999);
    queue.due(NOW + 5_000);
    expect(serversIn(queue)).toEqual(['a', 'b']);
  });

  it('delays a second message about the same server, unless a message leaves anyway', () => {
    const story = new Story();
    const queue = queueOf();
    const death = firing(story, 'a');
    queue.add(death, NOW);
    queue.due(NOW + 5_000);
    queue.delivered(NOW + 5_100);
    queue.add(resolved(story, death), NOW + 10_000);
    expect(queue.nextAt()).toBe(NOW + 65_000);
    queue.add(firing(story, 'b'), NOW + 20_000);
    expect(queue.nextAt()).toBe(NOW + 25_000);
    queue.due(NOW + 25_000);
    expect(serversIn(queue)).toEqual(['a', 'b']);
  });

  it('sends a restart of the machine as one message, with more deaths than a message holds', () => {
    const story = new Story();
    const queue = queueOf({ group: { max: 10 } });
    queue.add({ status: 'info', reason: 'new', event: story.rebooted(30).event, ended: [], suppressed: 0 }, NOW);
    for (let server = 0; server < 30; server++) queue.add(firing(story, `s${server}`, 'rebooted'), NOW);
    queue.add(firing(story, 'later'), NOW);
    expect(queue.due(NOW)?.notices).toHaveLength(31);
    expect(serversIn(queue)).not.toContain('later');
  });

  it('has one message in flight at a time, and pauses after each', () => {
    const story = new Story();
    const queue = queueOf({ group: { max: 2 } });
    for (const server of ['a', 'b', 'c', 'd', 'e']) queue.add(firing(story, server), NOW);
    const first = queue.due(NOW);
    expect(queue.due(NOW)?.id).toBe(first?.id);
    queue.delivered(NOW);
    expect(queue.due(NOW + PACE_MS - 1)).toBeNull();
    expect(queue.due(NOW + PACE_MS)?.id).not.toBe(first?.id);
    expect(serversIn(queue)).toEqual(['c', 'd']);
  });

  it('retries a message unchanged when it is due', () => {
    const story = new Story();
    const queue = queueOf();
    queue.add(firing(story, 'a'), NOW);
    const first = queue.due(NOW + 5_000);
    queue.retry('answered 500', { nextAt: NOW + 9_000, rejected: false });
    queue.add(firing(story, 'b'), NOW + 6_000);
    expect(queue.due(NOW + 8_999)).toBeNull();
    expect(queue.due(NOW + 9_000)).toEqual({ ...first, attempts: 1, nextAt: NOW + 9_000, problem: 'answered 500' });
  });

  it('keeps dead letters, and delivers them under their old ids on request', () => {
    const story = new Story();
    const queue = queueOf({ group: { waitMs: 0 } });
    queue.add(firing(story, 'a'), NOW);
    const id = queue.due(NOW)?.id;
    queue.bury('answered 404', NOW);
    expect(queue.dead).toMatchObject([{ id, problem: 'answered 404', diedAt: NOW, attempts: 1 }]);
    expect(queue.replay((message) => message.id === 'another', NOW)).toEqual([]);
    expect(queue.replay((message) => message.id === id, NOW + 5_000)).toHaveLength(1);
    expect(queue.due(NOW + 5_000)).toMatchObject({ id, attempts: 0, diedAt: null });
    expect(queue.dead).toEqual([]);
  });

  it('keeps a bounded number of dead letters, the newest', () => {
    const story = new Story();
    const queue = queueOf({ group: { waitMs: 0, intervalMs: 0 } });
    const death = firing(story, 'a');
    for (let turn = 0; turn <= MOST_DEAD; turn++) {
      queue.add(death, NOW + turn * PACE_MS);
      queue.due(NOW + turn * PACE_MS);
      queue.bury(`${turn}`, NOW + turn * PACE_MS);
    }
    expect(queue.dead).toHaveLength(MOST_DEAD);
    expect(queue.dead[0]?.problem).toBe('1');
  });

  it('continues after a restart', () => {
    const story = new Story();
    const outbox = new MemoryOutbox();
    const before = queueOf({ outbox, group: { max: 2 } });
    for (const server of ['a', 'b', 'c']) before.add(firing(story, server), NOW);
    const id = before.due(NOW)?.id;
    before.retry('no answer', { nextAt: NOW + 5_000, rejected: false });
    const after = queueOf({ outbox, group: { max: 2 } });
    expect(after.length).toBe(3);
    expect(after.oldestAt).toBe(NOW);
    expect(after.due(NOW + 4_999)).toBeNull();
    expect(after.due(NOW + 5_000)?.id).toBe(id);
    after.delivered(NOW + 5_000);
    after.add(firing(story, 'd'), NOW + 5_000);
    after.due(NOW + 9_000);
    expect(serversIn(after)).toEqual(['c', 'd']);
    after.delivered(NOW + 9_000);
    expect(outbox.rows('ops')).toMatchObject({ notices: [], messages: [] });
  });
});

describe('a queue that is too long', () => {
  it('drops the oldest incident that is over, then a notice that is no problem, then the oldest', () => {
    const story = new Story();
    const lost: string[] = [];
    const queue = queueOf({
      group: { max: MOST_NOTICES * 2 },
      onOverflow: (notices) =>
        lost.push(notices.map(({ status, event }) => `${status} ${event.server?.name}`).join(', ')),
    });
    const over = firing(story, 'over');
    queue.add(firing(story, 'lasts'), NOW);
    queue.add(over, NOW);
    queue.add({ ...firing(story, 'news'), status: 'info' }, NOW);
    queue.add(resolved(story, over), NOW);
    const filler = firing(story, 'filler');
    while (queue.length < MOST_NOTICES) queue.add(filler, NOW);
    queue.add(filler, NOW);
    expect(lost).toEqual(['firing over, resolved over']);
    queue.add(filler, NOW);
    queue.add(filler, NOW);
    queue.add(filler, NOW);
    expect(lost.slice(1)).toEqual(['info news', 'firing lasts']);
    expect(queue.length).toBe(MOST_NOTICES);
  });

  it('keeps the end of a problem that was delivered before, also if the problem was repeated since', () => {
    const story = new Story();
    const lost: string[] = [];
    const queue = queueOf({ onOverflow: (notices) => lost.push(...notices.map(({ status }) => status)) });
    const delivered = firing(story, 'work');
    queue.add({ ...delivered, reason: 'repeat' }, NOW);
    queue.add(resolved(story, delivered), NOW);
    const filler = firing(story, 'filler');
    while (queue.length < MOST_NOTICES) queue.add(filler, NOW);
    queue.add(filler, NOW);
    expect(lost).toEqual(['firing']);
  });
});

describe('any course of events', () => {
  it('delivers every notice exactly once to a receiver that answers, in order, over restarts', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('dies' as const), server: fc.nat(5) }),
      fc.record({ kind: fc.constant('returns' as const), server: fc.nat(5) }),
      fc.record({ kind: fc.constantFrom('succeeds' as const, 'fails' as const, 'restarts' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), (steps, max) => {
        const story = new Story();
        const outbox = new MemoryOutbox();
        const group = { max, waitMs: 2_000, intervalMs: 7_000 };
        let queue = queueOf({ outbox, group });
        let now = NOW;
        const dead = new Map<number, NoticeDraft>();
        const added: string[] = [];
        const arrived: string[] = [];
        const add = (draft: NoticeDraft) => {
          added.push(draft.event.id);
          queue.add(draft, now);
        };
        const deliver = () => {
          const message = queue.due(now);
          if (!message) return;
          arrived.push(...message.notices.map(({ event }) => event.id));
          queue.delivered(now);
        };
        for (const { kind, ...rest } of steps) {
          now += 1_000;
          const server = 'server' in rest ? rest.server : 0;
          const death = dead.get(server);
          if (kind === 'dies' && !death) {
            dead.set(server, firing(story, `s${server}`));
            add(dead.get(server) as NoticeDraft);
          } else if (kind === 'returns' && death) {
            dead.delete(server);
            add(resolved(story, death));
          } else if (kind === 'succeeds') deliver();
          else if (kind === 'restarts') queue = queueOf({ outbox, group });
          else if (kind === 'fails' && queue.due(now)) queue.retry('x', { nextAt: now + 3_000, rejected: false });
        }
        while (queue.length > 0) {
          now += 10_000;
          deliver();
        }
        expect(arrived).toEqual(added);
      }),
      { numRuns: runs(300) },
    );
  });
});
