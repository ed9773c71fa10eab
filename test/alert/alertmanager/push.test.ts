import { describe, expect, it } from '@jest/globals';
import type { PostedAlert } from '../../../src/alert/alertmanager/active-alerts.ts';
import { AlertmanagerPush } from '../../../src/alert/alertmanager/push.ts';
import { Changes } from '../../../src/alert/receiver/change-log.ts';
import type { Alertmanager } from '../../../src/alert/receiver/receiver.ts';
import type { Outcome } from '../../../src/alert/request/outcome.ts';
import { MemoryOutbox } from '../../../src/core/alert/outbox.ts';
import type { LoggedEvent } from '../../../src/core/event/event-log.ts';
import { FileReader } from '../../../src/files/file-reader.ts';
import { Story } from '../support/events.ts';
import { ManualClock, settled } from '../support/manual-clock.ts';
import { alertmanagerOf } from '../support/receiver.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function answered(status: number): Outcome {
  return { kind: 'answered', status, retryAfterMs: null, excerpt: null };
}

/** A push to an Alertmanager that answers as the test wants, on a manual clock. */
class Round {
  readonly clock: ManualClock;
  readonly posts: { readonly at: number; readonly url: string; readonly alerts: PostedAlert[] }[] = [];
  readonly problems: (string | null)[] = [];
  readonly story = new Story();
  readonly push: AlertmanagerPush;
  readonly outbox: MemoryOutbox;
  readonly #changes: Changes;
  answer = answered(200);
  fault: Error | null = null;

  constructor(given: Partial<Alertmanager> = {}, clock = new ManualClock(), outbox = new MemoryOutbox()) {
    const begun = clock.uptime();
    this.clock = clock;
    this.outbox = outbox;
    this.#changes = new Changes(outbox);
    this.push = new AlertmanagerPush({
      alertmanager: alertmanagerOf({ url: 'http://127.0.0.1:9093/prefix/', ...given }),
      changes: this.#changes,
      clock,
      observer: {
        attempted: () => {},
        settled: () => {},
        failed: () => {},
        recovered: () => {},
        pushed: (_, problem) => void this.problems.push(problem),
      },
      post: async ({ url, body }) => {
        this.posts.push({ at: (clock.uptime() - begun) / SECOND, url: url.href, alerts: JSON.parse(body) });
        return this.answer;
      },
      readFile: new FileReader().read,
      sender: () => {
        if (this.fault) throw this.fault;
        return { host: 'machine', version: '1', url: 'http://here/' };
      },
    });
  }

  async happens(...events: readonly LoggedEvent[]): Promise<void> {
    for (const { event } of events) this.push.take(event);
    this.#changes.commit();
    this.push.wake();
    await this.pass(0);
  }

  /** Advances the clock, and waits for reads of files. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await settled();
  }

  /** Does what the alerting does once a minute. */
  async tidy(isOpen: (incident: string) => boolean = () => true): Promise<void> {
    this.push.retain({ isOpen, endsOf: () => new Map() });
    this.#changes.commit();
    this.push.wake();
    await this.pass(0);
  }

  get times(): number[] {
    return this.posts.map(({ at }) => at);
  }

  /** How many seconds ahead the end of each alert was in the last post. */
  get ahead(): number[] {
    const last = this.posts.at(-1)?.alerts ?? [];
    return last.map(({ endsAt }) => (Date.parse(endsAt) - this.clock.now()) / SECOND);
  }
}

describe('a push to an Alertmanager', () => {
  it('sends a death at once, and each minute while it lasts, with an end in the future', async () => {
    const round = new Round();
    await round.happens(round.story.gone('work'));
    expect(round.posts).toMatchObject([
      {
        url: 'http://127.0.0.1:9093/prefix/api/v2/alerts',
        alerts: [
          {
            labels: {
              alertname: 'TmuxServerGone',
              server: 'work',
              host: 'machine',
              job: 'tmux-exporter',
              severity: 'critical',
            },
            annotations: { summary: expect.stringContaining('tmux server work crashed') },
            generatorURL: 'http://here/',
          },
        ],
      },
    ]);
    expect(round.ahead).toEqual([240]);
    await round.pass(2 * MINUTE);
    expect(round.times).toEqual([0, 60, 120]);
    expect(round.ahead).toEqual([240]);
  });

  it('sends the end for a quarter of an hour, and then nothing', async () => {
    const round = new Round();
    const death = round.story.gone('work');
    await round.happens(death);
    await round.pass(30 * SECOND);
    await round.happens(round.story.up('work', death.event.id));
    expect(round.times).toEqual([0, 30]);
    expect(round.ahead).toEqual([0]);
    const end = round.posts.at(-1)?.alerts[0]?.endsAt;
    for (let minute = 0; minute < 30; minute++) {
      await round.pass(MINUTE);
      await round.tidy();
    }
    expect(round.times.at(-1)).toBe(30 + 15 * 60);
    expect(round.posts.at(-1)?.alerts[0]?.endsAt).toBe(end);
    expect(round.outbox.rows('alertmanager ops').incidents).toEqual([]);
  });

  it('sends a second death instead of the end of the first', async () => {
    const round = new Round();
    const first = round.story.gone('work');
    await round.happens(first);
    await round.happens(round.story.up('work', first.event.id));
    await round.happens(round.story.gone('work'));
    expect(round.ahead).toEqual([240]);
  });

  it('retries soon after a failure, each time later, and never later than the next sending', async () => {
    const round = new Round();
    round.answer = answered(503);
    await round.happens(round.story.gone('work'));
    await round.pass(200 * SECOND);
    expect(round.times).toEqual([0, 5, 15, 35, 75, 135, 195]);
    expect(round.problems[0]).toBe('answered 503');
    round.answer = answered(200);
    await round.pass(MINUTE);
    expect(round.problems.at(-1)).toBeNull();
  });

  it('does not repeat an alert that an Alertmanager refuses', async () => {
    const round = new Round();
    round.answer = answered(400);
    await round.happens(round.story.gone('work'));
    await round.pass(MINUTE - 1);
    expect(round.times).toEqual([0]);
  });

  it('continues with open incidents after a restart', async () => {
    const before = new Round();
    const death = before.story.gone('work');
    await before.happens(death);
    const after = new Round({}, before.clock, before.outbox);
    await after.happens();
    expect(after.posts[0]?.alerts).toMatchObject([{ startsAt: death.event.time }]);
    await after.happens(before.story.up('work', death.event.id));
    expect(after.ahead).toEqual([0]);
  });

  it('ends incidents that are not open any more, or that lasted for a day', async () => {
    const round = new Round();
    const kept = round.story.gone('kept');
    await round.happens(kept, round.story.gone('deregistered'));
    await round.pass(MINUTE);
    await round.tidy((incident) => incident === kept.event.id);
    expect(round.ahead).toEqual([240, 0]);
    await round.pass(24 * 60 * MINUTE);
    await round.tidy();
    expect(round.ahead).toEqual([0]);
  });

  it('sends a restart of the machine for a while', async () => {
    const round = new Round();
    await round.happens(round.story.rebooted(3));
    expect(round.posts[0]?.alerts[0]?.labels).toMatchObject({ alertname: 'TmuxHostRebooted' });
    expect(round.ahead).toEqual([15 * 60]);
  });

  it('sends many alerts in requests of bounded size', async () => {
    const round = new Round();
    await round.happens(...Array.from({ length: 150 }, (_, server) => round.story.gone(`s${server}`)));
    await round.pass(0);
    expect(round.posts.map(({ alerts }) => alerts.length)).toEqual([64, 64, 22]);
  });

  it('treats an internal error as a failed push, shows nothing of it, and retries', async () => {
    const round = new Round();
    round.fault = new Error('s3cret');
    await round.happens(round.story.gone('work'));
    expect(round.problems).toEqual(['the alerts cannot be written, because of a bug in tmux-exporter']);
    round.fault = null;
    await round.pass(MINUTE);
    expect(round.problems.slice(1, 2)).toEqual([null]);
    expect(round.posts.length).toBeGreaterThan(0);
  });

  it('sends nothing if there are no problems, nor after its end', async () => {
    const round = new Round({ minSeverity: 'critical' });
    await round.happens(round.story.gone('work', 'exited'));
    await round.push.stop();
    await round.happens(round.story.gone('work'));
    await round.pass(60 * MINUTE);
    expect(round.posts).toEqual([]);
  });
});

describe.each([
  ['forward', 3_600 * SECOND],
  ['back', -3_600 * SECOND],
])('a push to an Alertmanager, when the wall clock is set %s by an hour', (_, stepMs) => {
  it('continues each minute, with an end in the future and a start in the past', async () => {
    const round = new Round({ resolveAfterMs: 5 * MINUTE });
    await round.happens(round.story.gone('work'));
    await round.pass(30 * SECOND);

    round.clock.step(stepMs);
    await round.tidy();
    await round.pass(90 * SECOND);

    expect(round.times).toEqual([0, 60, 120]);
    expect(round.ahead).toEqual([240]);
    for (const { startsAt } of round.posts.at(-1)?.alerts ?? [])
      expect(Date.parse(startsAt)).toBeLessThanOrEqual(round.clock.now());
  });

  it('ends an alert that lasts too long at the right time', async () => {
    const round = new Round({ resolveAfterMs: 5 * MINUTE });
    await round.happens(round.story.gone('work'));
    await round.pass(MINUTE);
    round.clock.step(stepMs);

    await round.pass(4 * MINUTE - 1);
    await round.tidy();
    expect(round.ahead[0]).toBeGreaterThan(0);
    await round.pass(1);
    await round.tidy();
    expect(round.ahead).toEqual([0]);
  });

  it('sends the end for a quarter of an hour', async () => {
    const round = new Round();
    const death = round.story.gone('work');
    await round.happens(death, round.story.up('work', death.event.id));
    round.clock.step(stepMs);
    for (let minute = 0; minute < 30; minute++) {
      await round.pass(MINUTE);
      await round.tidy();
    }

    expect(round.times).toEqual(Array.from({ length: 16 }, (_, minute) => minute * 60));
  });
});

describe('a push to an Alertmanager that starts by a clock that is behind', () => {
  it('ends a momentary alert after a quarter of an hour at the latest, and begins no alert in the future', async () => {
    const outbox = new MemoryOutbox();
    const before = new Round({}, new ManualClock(), outbox);
    await before.happens(before.story.rebooted(1));

    const after = new Round({}, new ManualClock(Date.UTC(1970, 0, 2)), outbox);
    await after.tidy();

    expect(after.ahead).toEqual([900]);
    const startsAt = after.posts.at(-1)?.alerts.map((alert) => Date.parse(alert.startsAt));
    expect(startsAt).toEqual([after.clock.now()]);
  });
});
