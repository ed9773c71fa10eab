import { describe, expect, it } from '@jest/globals';
import { Courier } from '../../../src/alert/delivery/courier.ts';
import type { Deliver } from '../../../src/alert/delivery/delivery.ts';
import type { AlertObserver } from '../../../src/alert/delivery/delivery-observer.ts';
import { receiverStatus } from '../../../src/alert/delivery/status.ts';
import { Changes } from '../../../src/alert/receiver/change-log.ts';
import { incidentEnds } from '../../../src/alert/receiver/incident-ends.ts';
import { MOST_NOTICES } from '../../../src/alert/receiver/queue.ts';
import type { Receiver } from '../../../src/alert/receiver/receiver.ts';
import type { Outcome } from '../../../src/alert/request/outcome.ts';
import { MemoryOutbox, type OutboxMessage } from '../../../src/core/alert/outbox.ts';
import type { LoggedEvent } from '../../../src/core/event/event-log.ts';
import { Story } from '../support/events.ts';
import { ManualClock, settled } from '../support/manual-clock.ts';
import { receiverOf } from '../support/receiver.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const ARRIVED: Outcome = { kind: 'answered', status: 204, retryAfterMs: null, excerpt: null };
const DOWN: Outcome = { kind: 'unanswered', problem: 'the connection was refused' };

function answered(status: number, retryAfterMs: number | null = null): Outcome {
  return { kind: 'answered', status, retryAfterMs, excerpt: null };
}

/** A courier whose receiver answers as a test wants, on a clock of its own. */
class Round {
  readonly clock: ManualClock;
  readonly outbox: MemoryOutbox;
  readonly attempts: { readonly at: number; readonly message: OutboxMessage }[] = [];
  readonly observed: string[] = [];
  readonly story = new Story();
  readonly courier: Courier;
  readonly #start: number;
  readonly #changes: Changes;
  answer: (message: OutboxMessage) => Outcome | Promise<Outcome> = () => ARRIVED;

  constructor(receiver: Partial<Receiver> = {}, clock = new ManualClock(), outbox = new MemoryOutbox()) {
    this.clock = clock;
    this.outbox = outbox;
    this.#start = clock.now();
    const begun = clock.uptime();
    this.#changes = new Changes(outbox);
    let ids = 0;
    const deliver: Deliver = async (message) => {
      this.attempts.push({ at: (clock.uptime() - begun) / SECOND, message });
      return this.answer(message);
    };
    this.courier = new Courier({
      receiver: receiverOf(receiver),
      deliver,
      changes: this.#changes,
      clock,
      observer: this.#observer(),
      random: () => 0.5,
      newId: () => `msg_${this.#start}_${++ids}`,
    });
  }

  async happens(...events: readonly LoggedEvent[]): Promise<void> {
    for (const { event } of events) this.courier.take(event);
    this.#changes.commit();
    this.courier.wake();
    await settled();
  }

  /** Replays all dead letters. */
  replay(isOpen: (incident: string) => boolean = () => true): number {
    return this.courier.replay(() => true, incidentEnds(isOpen, this.story.log));
  }

  /** Seconds after the start at which something was sent. */
  get times(): number[] {
    return this.attempts.map(({ at }) => at);
  }

  #observer(): AlertObserver {
    return {
      attempted: () => {},
      settled: (_, result, notices) => void this.observed.push(`${result} ${notices}`),
      failed: (_, problem, next) => void this.observed.push(`${next}: ${problem}`),
      recovered: () => void this.observed.push('recovered'),
      pushed: () => {},
    };
  }
}

describe('a courier', () => {
  it('stores a message before it sends it, and forgets it after its delivery', async () => {
    const round = new Round();
    const kept: number[] = [];
    round.answer = () => {
      kept.push(round.outbox.rows('ops').messages.length);
      return ARRIVED;
    };
    await round.happens(round.story.gone('work'));
    expect(kept).toEqual([1]);
    expect(round.outbox.rows('ops')).toMatchObject({ messages: [], notices: [] });
    expect(round.observed).toEqual(['delivered 1']);
  });

  it('waits for other notices to send with the first', async () => {
    const round = new Round({ group: { waitMs: 5 * SECOND, intervalMs: MINUTE, max: 50 } });
    for (let server = 0; server < 49; server++) {
      await round.happens(round.story.gone(`s${server}`));
      await round.clock.advance(20);
    }
    await round.clock.advance(HOUR);
    expect(round.times).toEqual([5]);
    expect(round.attempts[0]?.message.notices).toHaveLength(49);
  });

  it('retries the same message by the schedule until it is delivered', async () => {
    const round = new Round();
    round.answer = () => (round.attempts.length < 6 ? DOWN : ARRIVED);
    await round.happens(round.story.gone('work'));
    await round.clock.advance(3 * HOUR);
    expect(round.times).toEqual([0, 5, 35, 85, 135, 185]);
    expect(new Set(round.attempts.map(({ message }) => message.id)).size).toBe(1);
    expect(round.observed.slice(-2)).toEqual(['delivered 1', 'recovered']);
  });

  it('obeys Retry-After', async () => {
    const round = new Round();
    round.answer = () => (round.attempts.length === 1 ? answered(429, 100 * SECOND) : ARRIVED);
    await round.happens(round.story.gone('work'));
    await round.clock.advance(HOUR);
    expect(round.times).toEqual([0, 110]);
  });

  it('delivers all of a day in which its receiver was down, oldest first and without a flood', async () => {
    const round = new Round();
    const end = round.clock.now() + 24 * HOUR;
    round.answer = () => (round.clock.now() < end ? DOWN : ARRIVED);
    const deaths: LoggedEvent[] = [];
    for (let hour = 0; hour < 24; hour++) {
      for (let server = 0; server < 20; server++) {
        const death = round.story.gone(`s${hour}-${server}`);
        deaths.push(death);
        await round.happens(death);
      }
      await round.clock.advance(HOUR);
    }
    await round.clock.advance(24 * HOUR);
    const delivered = round.attempts.filter(({ at }) => at >= 24 * 3_600);
    expect(delivered.flatMap(({ message }) => message.notices.map(({ event }) => event.id))).toEqual(
      deaths.map(({ event }) => event.id),
    );
    const [first = 0, ...later] = delivered.map(({ at }) => at);
    expect(later.map((at, index) => at - (later[index - 1] ?? first))).toEqual(later.map(() => 1));
    expect(first).toBeLessThan(24 * 3_600 + 60);
    const probes = round.attempts.slice(0, -delivered.length);
    expect(new Set(probes.map(({ message }) => message.id)).size).toBe(1);
    expect(probes.slice(3).every(({ at }, index) => at - (probes[index + 2]?.at ?? 0) === 50)).toBe(true);
    expect(round.observed.filter((line) => line.startsWith('dead'))).toEqual([]);
  });

  it('sends what waited within a minute of the recovery, even if the receiver once asked for another pace', async () => {
    const round = new Round();
    round.answer = () => answered(503, 5 * SECOND);
    await round.happens(round.story.gone('s0'));
    await round.clock.advance(10 * MINUTE);
    round.answer = () => DOWN;
    for (let server = 1; server < 700; server++) await round.happens(round.story.gone(`s${server}`));
    await round.clock.advance(MINUTE);
    round.answer = () => ARRIVED;
    const recovered = (round.times.at(-1) ?? 0) + 50;
    await round.clock.advance(2 * MINUTE);
    const arrived = round.attempts.filter(({ at }) => at >= recovered);
    expect(arrived.map(({ message }) => message.notices.length)).toEqual([1, ...Array(13).fill(50), 49]);
    expect(arrived.map(({ at }) => at - recovered)).toEqual(arrived.map((_, index) => index));
    expect(round.courier.queue.length).toBe(0);
  });

  it('sends one probe at a time, also while messages become too old', async () => {
    const round = new Round({ maxAgeMs: 10 * MINUTE, group: { waitMs: 0, intervalMs: 0, max: 1 } });
    round.answer = () => DOWN;
    for (let server = 0; server < 100; server++) await round.happens(round.story.gone(`s${server}`));
    await round.clock.advance(15 * MINUTE);
    const pauses = round.times.slice(1).map((at, index) => at - (round.times[index] ?? 0));
    expect(pauses).toEqual([5, 30, ...Array(17).fill(50)]);
    expect(round.courier.queue.dead).toHaveLength(6);
  });

  it('continues the schedule after a restart', async () => {
    const outbox = new MemoryOutbox();
    const before = new Round({}, new ManualClock(), outbox);
    before.answer = () => DOWN;
    await before.happens(before.story.gone('work'));
    await before.clock.advance(MINUTE);
    await before.courier.stop();
    const after = new Round({}, before.clock, outbox);
    after.answer = () => DOWN;
    after.courier.wake();
    await after.clock.advance(2 * MINUTE);
    expect(after.times).toEqual([25, 75]);
  });

  it('gives up a message that was not delivered in time, and continues with the next', async () => {
    const round = new Round({ maxAgeMs: HOUR });
    round.answer = ({ notices }) => (notices[0]?.event.server?.name === 'work' ? DOWN : ARRIVED);
    await round.happens(round.story.gone('work'));
    await round.clock.advance(30 * MINUTE);
    await round.happens(round.story.gone('other'));
    await round.clock.advance(90 * MINUTE);
    expect(round.courier.queue.dead).toMatchObject([{ problem: 'the connection was refused' }]);
    expect(round.observed.slice(-3)).toEqual(['dead 1', 'dead: the connection was refused', 'delivered 1']);
  });

  it.each([404, 301, 400])(
    'makes a dead letter of what is answered with %s three times, and delivers what follows',
    async (status) => {
      const round = new Round();
      round.answer = ({ notices }) => (notices[0]?.event.server?.name === 'work' ? answered(status) : ARRIVED);
      await round.happens(round.story.gone('work'));
      await round.happens(round.story.gone('other'));
      await round.clock.advance(HOUR);
      expect(round.times).toEqual([0, 5, 35, 36]);
      expect(round.courier.queue.dead).toHaveLength(1);
      expect(round.observed.slice(-1)).toEqual(['delivered 1']);
    },
  );

  it('sends nothing after 410, and keeps new notices for the next courier of the receiver', async () => {
    const round = new Round();
    round.answer = () => answered(410);
    await round.happens(round.story.gone('work'));
    await round.happens(round.story.gone('other'));
    await round.clock.advance(48 * HOUR);
    expect(round.times).toEqual([0]);
    expect(round.courier).toMatchObject({ isOff: true, queue: { length: 2 } });
    const again = new Round({}, round.clock, round.outbox);
    again.courier.wake();
    await again.clock.advance(MINUTE);
    expect(again.attempts.flatMap(({ message }) => message.notices)).toHaveLength(2);
  });

  it('keeps the order: a resolve comes after its firing, however late that is delivered', async () => {
    const round = new Round();
    round.answer = () => (round.attempts.length < 4 ? DOWN : ARRIVED);
    const death = round.story.gone('work');
    await round.happens(death);
    await round.happens(round.story.up('work', death.event.id));
    await round.clock.advance(HOUR);
    const arrived = round.attempts.slice(3).flatMap(({ message }) => message.notices.map(({ status }) => status));
    expect(arrived).toEqual(['firing', 'resolved']);
  });

  it('keeps its queue when it stops, and does not wait for a hung receiver', async () => {
    const round = new Round();
    let giveUp = (_: Outcome) => {};
    round.answer = () =>
      new Promise((resolve) => {
        giveUp = resolve;
      });
    await round.happens(round.story.gone('work'));
    await round.happens(round.story.gone('other'));
    const stopped = round.courier.stop();
    await round.clock.advance(1_500);
    giveUp(DOWN);
    await stopped;
    expect(round.outbox.rows('ops')).toMatchObject({ messages: [{ attempts: 0 }], notices: [{}] });
    await round.clock.advance(HOUR);
    expect(round.times).toEqual([0]);
  });

  it('counts a delivery that ends while it stops', async () => {
    const round = new Round();
    let arrive = (_: Outcome) => {};
    round.answer = () =>
      new Promise((resolve) => {
        arrive = resolve;
      });
    await round.happens(round.story.gone('work'));
    const stopped = round.courier.stop();
    arrive(ARRIVED);
    await stopped;
    expect(round.outbox.rows('ops').messages).toEqual([]);
  });

  it('reports at the end of a cooldown how many notices it suppressed', async () => {
    const round = new Round({ cooldownMs: 5 * MINUTE });
    for (let turn = 0; turn < 10; turn++) {
      const death = round.story.gone('work');
      await round.happens(death);
      await round.clock.advance(3 * SECOND);
      await round.happens(round.story.up('work', death.event.id));
      await round.clock.advance(3 * SECOND);
    }
    await round.clock.advance(HOUR);
    expect(round.times).toEqual([0, 3, 300]);
    expect(round.attempts.at(-1)?.message.notices).toMatchObject([{ status: 'resolved', suppressed: 9 }]);
  });

  it('delivers a dead letter on replay', async () => {
    const round = new Round();
    round.answer = () => (round.attempts.length <= 3 ? answered(404) : ARRIVED);
    await round.happens(round.story.gone('work'));
    await round.clock.advance(HOUR);
    expect(round.replay()).toBe(1);
    await round.clock.advance(MINUTE);
    expect(new Set(round.attempts.map(({ message }) => message.id)).size).toBe(1);
    expect(round.observed.slice(-1)).toEqual(['delivered 1']);
  });

  it.each([
    ['server-up', 'up'],
    ['server-gone', null],
  ])('reports the end of a dead letter that is over on replay, by the event %s', async (type, kind) => {
    const round = new Round();
    round.answer = () => (round.attempts.length <= 3 ? answered(404) : ARRIVED);
    const death = round.story.gone('work');
    await round.happens(death);
    await round.clock.advance(HOUR);
    if (kind === 'up') await round.happens(round.story.up('work', death.event.id));
    round.replay(() => false);
    await round.clock.advance(HOUR);
    expect(round.attempts.slice(3).flatMap(({ message }) => message.notices)).toMatchObject([
      { status: 'firing', event: { id: death.event.id } },
      { status: 'resolved', event: { type }, ended: [{ id: death.event.id }] },
    ]);
  });

  it('repeats the present problem of the server after the end of a dead letter', async () => {
    const round = new Round();
    round.answer = () => (round.attempts.length <= 3 ? answered(404) : ARRIVED);
    const death = round.story.gone('work');
    await round.happens(death);
    await round.clock.advance(HOUR);
    await round.happens(round.story.up('work', death.event.id));
    const { event } = round.story.gone('work');
    await round.happens({ ...death, event });
    await round.clock.advance(HOUR);
    round.replay((incident) => incident === event.id);
    await round.clock.advance(HOUR);
    expect(round.attempts.slice(4).flatMap(({ message }) => message.notices)).toMatchObject([
      { status: 'firing', reason: 'new', event: { id: death.event.id } },
      { status: 'resolved', ended: [{ id: death.event.id }] },
      { status: 'firing', reason: 'repeat', event: { id: event.id } },
    ]);
  });

  it('reports no second end if a dead letter has it', async () => {
    const round = new Round({ group: { waitMs: 5 * SECOND, intervalMs: 0, max: 50 } });
    round.answer = () => (round.attempts.length <= 3 ? answered(404) : ARRIVED);
    const death = round.story.gone('work');
    await round.happens(death, round.story.up('work', death.event.id));
    await round.clock.advance(HOUR);
    round.replay(() => false);
    await round.clock.advance(HOUR);
    expect(round.attempts.slice(3).map(({ message }) => message.notices.map(({ status }) => status))).toEqual([
      ['firing', 'resolved'],
    ]);
  });

  it('does not report the end of a problem that only a dead letter reported', async () => {
    const round = new Round();
    round.answer = () => (round.attempts.length <= 3 ? answered(404) : ARRIVED);
    const death = round.story.gone('work');
    await round.happens(death);
    await round.clock.advance(HOUR);
    await round.happens(round.story.up('work', death.event.id));
    await round.clock.advance(HOUR);
    expect([round.attempts.length, round.courier.queue.dead.length]).toEqual([3, 1]);
  });

  it('withdraws a waiting end if its problem becomes a dead letter', async () => {
    const round = new Round({ maxAgeMs: MINUTE });
    round.answer = () => DOWN;
    const death = round.story.gone('work');
    await round.happens(death);
    await round.happens(round.story.up('work', death.event.id));
    await round.clock.advance(HOUR);
    round.answer = () => ARRIVED;
    await round.clock.advance(HOUR);
    expect([round.courier.queue.length, round.courier.queue.dead.length]).toEqual([0, 1]);
    expect(round.outbox.rows('ops')).toMatchObject({ notices: [], incidents: [] });
  });

  it('reports the end of an incident if another message about it was delivered', async () => {
    const round = new Round();
    const hang = round.story.other('server-unresponsive', 'work', { severity: 'warning' });
    await round.happens(hang);
    round.answer = ({ notices }) => (notices[0]?.event.type === 'server-gone' ? answered(404) : ARRIVED);
    const death = round.story.gone('work');
    await round.happens({ ...death, event: { ...death.event, incident: hang.event.id } });
    await round.clock.advance(HOUR);
    await round.happens(round.story.up('work', hang.event.id));
    await round.clock.advance(HOUR);
    const { notices } = round.attempts.at(-1)?.message ?? {};
    expect(notices).toMatchObject([{ status: 'resolved', ended: [{ type: 'server-unresponsive' }] }]);
  });

  describe('with a cooldown', () => {
    const COOLDOWN = { cooldownMs: 5 * MINUTE };

    /** The notices of the last message. */
    function arrived(round: Round): string[] {
      const { message } = round.attempts.at(-1) ?? {};
      return (message?.notices ?? []).map(({ status, event }) => `${status} ${event.type}`);
    }

    /** A courier whose first message has become a dead letter: a death that has ended, if `ends`. */
    async function refused(ends: boolean): Promise<Round> {
      const round = new Round(COOLDOWN);
      round.answer = () => (round.attempts.length <= 3 ? answered(404) : ARRIVED);
      const death = round.story.gone('work');
      await round.happens(death);
      if (ends) await round.happens(round.story.up('work', death.event.id));
      await round.clock.advance(MINUTE);
      expect(round.observed.slice(-1)).toEqual([expect.stringMatching(/^dead: answered 404/)]);
      return round;
    }

    it('reports a death at once if only a dead letter reported the one before', async () => {
      const round = await refused(true);
      await round.happens(round.story.gone('work'));
      expect(arrived(round)).toEqual(['firing server-gone']);
    });

    it('reports a death that waited for the cooldown of a dead letter', async () => {
      const round = new Round(COOLDOWN);
      round.answer = () => (round.attempts.length <= 3 ? answered(404) : ARRIVED);
      const death = round.story.gone('work');
      await round.happens(death, round.story.up('work', death.event.id), round.story.gone('work'));
      await round.clock.advance(2 * MINUTE);
      expect(round.courier.queue.dead).toHaveLength(1);
      expect(arrived(round)).toEqual(['firing server-gone']);
    });

    it.each([
      ['soon', { answer: answered(404), maxAgeMs: HOUR }],
      ['after the cooldown', { answer: DOWN, maxAgeMs: HOUR }],
    ])('reports a death and its end if the one before became a dead letter %s', async (_, { answer, maxAgeMs }) => {
      const round = new Round({ ...COOLDOWN, maxAgeMs });
      const [one, other] = [round.story.gone('work'), round.story.gone('work')];
      round.answer = ({ notices }) => (notices[0]?.event.id === one.event.id ? answer : ARRIVED);
      await round.happens(one, round.story.up('work', one.event.id));
      await round.happens(other, round.story.up('work', other.event.id));
      await round.clock.advance(2 * HOUR);
      expect(round.courier.queue.dead).toHaveLength(1);
      expect(arrived(round)).toEqual(['firing server-gone', 'resolved server-up']);
    });

    it('reports a death at once if only a dead letter reported the ends before', async () => {
      const round = new Round(COOLDOWN);
      round.answer = ({ notices }) => (notices[0]?.suppressed === 1 ? answered(404) : ARRIVED);
      for (const death of [round.story.gone('work'), round.story.gone('work')])
        await round.happens(death, round.story.up('work', death.event.id));
      await round.clock.advance(6 * MINUTE);
      expect(round.courier.queue.dead).toHaveLength(1);
      await round.happens(round.story.gone('work'));
      expect(arrived(round)).toEqual(['firing server-gone']);
    });

    it('keeps the cooldown that a delivered notice began later', async () => {
      const round = new Round({ ...COOLDOWN, cooldownMs: 20 * SECOND });
      const [one, other] = [round.story.gone('work'), round.story.gone('work')];
      round.answer = ({ notices }) => (notices[0]?.event.id === one.event.id ? answered(404) : ARRIVED);
      await round.happens(one, round.story.up('work', one.event.id));
      await round.clock.advance(30 * SECOND);
      await round.happens(other, round.story.up('work', other.event.id));
      await round.clock.advance(6 * SECOND);
      expect(round.observed).toContain('dead 2');
      await round.clock.advance(2 * SECOND);
      const attempts = round.attempts.length;
      await round.happens(round.story.gone('work'));
      await round.clock.advance(10 * SECOND);
      expect(round.attempts).toHaveLength(attempts);
    });

    it('reports a death at once after a restart, too', async () => {
      const before = await refused(true);
      const after = new Round(COOLDOWN, before.clock, before.outbox);
      await after.happens(before.story.gone('work'));
      expect(arrived(after)).toEqual(['firing server-gone']);
    });
  });

  describe('whose queue is full', () => {
    /** A courier whose receiver is away, and has one message in flight. */
    async function away(): Promise<Round> {
      const group = { waitMs: 0, intervalMs: 0, max: 2 * MOST_NOTICES };
      const round = new Round({ events: [...receiverOf().events, 'session-created'], group });
      round.answer = () => DOWN;
      await round.happens(round.story.other('session-created', 'other'));
      return round;
    }

    async function returns(round: Round, death: LoggedEvent): Promise<string[]> {
      await round.happens(round.story.up('work', death.event.id));
      round.answer = () => ARRIVED;
      await round.clock.advance(HOUR);
      const notices = round.attempts.at(-1)?.message.notices ?? [];
      return notices.filter(({ event }) => event.server?.name === 'work').map(({ status }) => status);
    }

    it('reports the end of a death whose cause it dropped', async () => {
      const round = await away();
      const death = round.story.gone('work');
      const cause = round.story.other('server-gone-cause', 'work', { incident: death.event.id });
      const others = round.story.other('session-created', 'other');
      await round.happens(death, cause, ...Array<LoggedEvent>(MOST_NOTICES - 1).fill(others));
      expect(round.observed).toContain('dropped 1');
      expect(round.courier.queue.waiting.map(({ event }) => event.id)).not.toContain(cause.event.id);
      // Makes room, so that the death is not dropped together with its end.
      round.answer = () => ARRIVED;
      await round.clock.advance(HOUR);
      expect(await returns(round, death)).toEqual(['resolved']);
    });

    it('does not report the end of a death that it dropped', async () => {
      const round = await away();
      const death = round.story.gone('work');
      const others = round.story.gone('other');
      await round.happens(death, ...Array<LoggedEvent>(MOST_NOTICES).fill(others));
      expect(round.courier.queue.waiting.map(({ event }) => event.id)).not.toContain(death.event.id);
      expect(await returns(round, death)).toEqual([]);
    });

    it('leaves a death that it dropped out of the waiting end of its incident', async () => {
      const round = await away();
      const hang = round.story.other('server-unresponsive', 'work', { severity: 'warning' });
      round.answer = () => ARRIVED;
      await round.happens(hang);
      await round.clock.advance(HOUR);
      round.answer = () => DOWN;
      await round.happens(round.story.gone('other'));
      const death = round.story.gone('work');
      const end = round.story.up('work', hang.event.id);
      const others = Array<LoggedEvent>(MOST_NOTICES - 1).fill(round.story.gone('other'));
      await round.happens({ ...death, event: { ...death.event, incident: hang.event.id } }, end);
      await round.happens(...others);
      expect(round.courier.queue.waiting[0]).toMatchObject({
        status: 'resolved',
        ended: [{ type: 'server-unresponsive' }],
      });
    });
  });

  it('reports the end of a problem if its dead letter was delivered later', async () => {
    const round = new Round();
    round.answer = () => (round.attempts.length <= 3 ? answered(404) : ARRIVED);
    const death = round.story.gone('work');
    await round.happens(death);
    await round.clock.advance(HOUR);
    round.replay();
    await round.clock.advance(MINUTE);
    await round.happens(round.story.up('work', death.event.id));
    await round.clock.advance(HOUR);
    expect(round.attempts.at(-1)?.message.notices).toMatchObject([{ status: 'resolved' }]);
  });
});

describe.each([
  ['forward', HOUR],
  ['back', -HOUR],
])('a courier, when the wall clock is set %s by an hour', (_, stepMs) => {
  it('retries by the schedule, and gives up no earlier and no later', async () => {
    const round = new Round({ maxAgeMs: 3 * MINUTE });
    round.answer = () => DOWN;
    await round.happens(round.story.gone('work'));
    await round.clock.advance(40 * SECOND);

    round.clock.step(stepMs);
    await round.clock.advance(3 * HOUR);

    expect(round.times).toEqual([0, 5, 35, 85, 135, 185]);
    expect(round.observed.slice(-1)).toEqual(['dead: the connection was refused']);
  });

  it('is not confused if the clock is set during an attempt', async () => {
    const round = new Round({ maxAgeMs: 3 * MINUTE });
    round.answer = () => {
      if (round.times.length === 1) round.clock.step(stepMs);
      return DOWN;
    };
    await round.happens(round.story.gone('work'));
    await round.clock.advance(3 * HOUR);

    expect(round.times).toEqual([0, 5, 35, 85, 135, 185]);
  });

  it('shows the waiting time and the next attempt by the new clock', async () => {
    const round = new Round();
    round.answer = () => DOWN;
    await round.happens(round.story.gone('work'));
    await round.clock.advance(2 * SECOND);

    round.clock.step(stepMs);
    round.courier.followClock();

    const { oldest, next_attempt } = receiverStatus(round.courier);
    const now = round.clock.now();
    expect([oldest, next_attempt].map((time) => Date.parse(time ?? '') - now)).toEqual([-2 * SECOND, 3 * SECOND]);
    round.courier.wake();
    expect(round.outbox.rows('ops').messages).toMatchObject([{ createdAt: now - 2 * SECOND }]);
  });

  it('lets the first notice wait for others for the right time', async () => {
    const round = new Round({ group: { waitMs: 5 * SECOND, intervalMs: MINUTE, max: 50 } });
    await round.happens(round.story.gone('work'));
    await round.clock.advance(SECOND);

    round.clock.step(stepMs);
    await round.happens(round.story.gone('other'));
    await round.clock.advance(HOUR);

    expect(round.attempts.map(({ at, message }) => [at, message.notices.length])).toEqual([[5, 2]]);
  });

  it('repeats a lasting problem, and ends a cooldown, at the right time', async () => {
    const round = new Round({ repeatMs: 2 * HOUR, cooldownMs: 10 * MINUTE });
    await round.happens(round.story.gone('work'));
    await round.clock.advance(MINUTE);
    round.clock.step(stepMs);
    await round.happens(round.story.gone('work'));
    await round.clock.advance(3 * HOUR);

    expect(round.attempts.map(({ at, message }) => [at, message.notices[0]?.reason])).toEqual([
      [0, 'new'],
      [600, 'new'],
      [7_200, 'repeat'],
      [7_800, 'repeat'],
    ]);
  });
});

describe('a courier that starts while the clock is behind', () => {
  it('retries a stored message after the longest delay at the latest', async () => {
    const outbox = new MemoryOutbox();
    const before = new Round({}, new ManualClock(), outbox);
    before.answer = () => DOWN;
    await before.happens(before.story.gone('work'));
    await before.courier.stop();

    const after = new Round({}, new ManualClock(Date.UTC(1970, 0, 2)), outbox);
    after.courier.wake();
    await after.clock.advance(72 * MINUTE);

    expect(after.observed).toEqual(['delivered 1', 'recovered']);
  });

  it('repeats a lasting problem, and ends a cooldown, as if it had been reported just now', async () => {
    const outbox = new MemoryOutbox();
    const settings = { repeatMs: HOUR, cooldownMs: 10 * MINUTE };
    const before = new Round(settings, new ManualClock(), outbox);
    await before.happens(before.story.gone('work'), before.story.gone('work'));

    const after = new Round(settings, new ManualClock(Date.UTC(1970, 0, 2)), outbox);
    after.courier.wake();
    await after.clock.advance(61 * MINUTE);

    expect(after.attempts.map(({ at, message }) => [at, message.notices[0]?.reason])).toEqual([
      [600, 'new'],
      [3_600, 'repeat'],
    ]);
  });
});
