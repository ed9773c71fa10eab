import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ScrapePace } from '../../src/poll/scrape-pace.ts';

/** A tick that was begun, and lasts until the test says so. */
interface Tick {
  readonly end: () => void;
  readonly fail: (error: Error) => void;
}

/** A pace whose ticks are in the hands of the test. */
class Scrapes {
  readonly ticks: Tick[] = [];
  readonly durations: number[] = [];
  readonly errors: unknown[] = [];
  upkeeps = 0;
  readonly pace = new ScrapePace({
    tick: () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.ticks.push({ end: resolve, fail: reject });
      return promise;
    },
    upkeep: () => this.upkeeps++,
    onTick: (durationMs) => this.durations.push(durationMs),
    onError: (error) => this.errors.push(error),
  });
  readonly answered: string[] = [];

  /** Starts it and ends its first tick. */
  async start(): Promise<void> {
    const started = this.pace.start();
    this.ticks.pop()?.end();
    await started;
  }

  /** A scrape that waits for this long. */
  scrape(name: string, withinMs: number): void {
    void this.pace.freshen(withinMs).then(() => this.answered.push(name));
  }
}

/** Lets `ms` pass, and everything run that waits for nothing but its turn. */
function pass(ms = 0): Promise<void> {
  return jest.advanceTimersByTimeAsync(ms);
}

describe('ScrapePace', () => {
  let scrapes: Scrapes;

  beforeEach(() => {
    jest.useFakeTimers();
    scrapes = new Scrapes();
  });

  afterEach(async () => {
    const stopped = scrapes.pace.stop();
    for (const { end } of scrapes.ticks) end();
    await stopped;
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  it('runs the first tick at once, and settles with its end', async () => {
    const started = scrapes.pace.start();
    expect(scrapes.ticks).toHaveLength(1);

    scrapes.ticks[0]?.end();
    await started;

    expect(scrapes.durations).toHaveLength(1);
  });

  it('ticks for a scrape, and for nothing else', async () => {
    await scrapes.start();
    await pass(3_600_000);
    expect(scrapes.ticks).toHaveLength(0);

    scrapes.scrape('a', 1_000);
    await pass(40);
    expect(scrapes.answered).toEqual([]);
    scrapes.ticks[0]?.end();
    await pass();

    expect(scrapes.answered).toEqual(['a']);
    expect(scrapes.durations.at(-1)).toBe(40);
  });

  it('has scrapes at the same time share a tick, the first one too', async () => {
    const started = scrapes.pace.start();
    for (const name of ['a', 'b', 'c']) scrapes.scrape(name, 1_000);
    expect(scrapes.ticks).toHaveLength(1);

    scrapes.ticks[0]?.end();
    await started;
    await pass();

    expect(scrapes.answered).toEqual(['a', 'b', 'c']);
  });

  it('answers each scrape within its own time, whatever the tick does', async () => {
    await scrapes.start();
    scrapes.scrape('patient', 500);
    scrapes.scrape('hasty', 100);

    await pass(99);
    expect(scrapes.answered).toEqual([]);
    await pass(1);
    expect(scrapes.answered).toEqual(['hasty']);
    await pass(400);
    expect(scrapes.answered).toEqual(['hasty', 'patient']);
  });

  it('does not let a scrape join a tick that another one had to go without: what came in by it is old', async () => {
    await scrapes.start();
    scrapes.scrape('a', 100);
    await pass(100);

    scrapes.scrape('b', 100);
    expect(scrapes.ticks).toHaveLength(2);
    scrapes.ticks[1]?.end();
    await pass();

    expect(scrapes.answered).toEqual(['a', 'b']);
  });

  it('takes a time that is longer than any timer', async () => {
    await scrapes.start();
    scrapes.scrape('a', Number.MAX_VALUE);

    await pass(3_600_000);

    expect(scrapes.answered).toEqual([]);
  });

  it('reports a tick that rejected, and answers', async () => {
    await scrapes.start();
    scrapes.scrape('a', 100);
    scrapes.ticks[0]?.fail(new Error('a bug'));
    await pass();

    expect([scrapes.answered, scrapes.errors]).toEqual([['a'], [new Error('a bug')]]);
  });

  it('keeps up what is due by time while nobody scrapes, and ends with the stop', async () => {
    await scrapes.start();
    await pass(180_000);
    expect(scrapes.upkeeps).toBe(3);

    await scrapes.pace.stop();
    await pass(180_000);
    expect(scrapes.upkeeps).toBe(3);
  });

  it('does not tick before the start, nor after the stop, and answers', async () => {
    scrapes.scrape('early', 100);
    await pass();
    await scrapes.start();
    await scrapes.pace.stop();
    scrapes.scrape('late', 100);
    await pass();

    expect([scrapes.answered, scrapes.ticks]).toEqual([['early', 'late'], []]);
  });

  it('stops only after every tick under way, those that nobody waits for among them', async () => {
    await scrapes.start();
    scrapes.scrape('a', 100);
    await pass(100);
    scrapes.scrape('b', 100);
    let isStopped = false;
    const stopped = scrapes.pace.stop().then(() => {
      isStopped = true;
    });
    scrapes.ticks[1]?.end();
    await pass();
    expect(isStopped).toBe(false);

    scrapes.ticks[0]?.end();
    await stopped;
  });

  it('says no interval', () => {
    expect(scrapes.pace.intervalMs()).toBeNull();
  });
});
