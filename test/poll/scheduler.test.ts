import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Scheduler } from '../../src/poll/scheduler.ts';

/** A tick that lasts until the test says so, and that signals when something happens. */
class Ticks {
  readonly durations: number[] = [];
  readonly errors: unknown[] = [];
  skipped = 0;
  begun = 0;
  running = 0;
  mostRunning = 0;
  #end = Promise.withResolvers<void>();
  #happened = Promise.withResolvers<void>();

  readonly scheduler: Scheduler;

  constructor(expression: string) {
    this.scheduler = new Scheduler({
      expression,
      tick: () => this.#tick(),
      onTick: (durationMs) => this.#happen(() => this.durations.push(durationMs)),
      onSkip: () => this.#happen(() => this.skipped++),
      onError: (error) => this.#happen(() => this.errors.push(error)),
    });
  }

  /** Ends the tick that is running. */
  end(): void {
    this.#end.resolve();
    this.#end = Promise.withResolvers();
  }

  fail(error: Error): void {
    this.#end.reject(error);
    this.#end = Promise.withResolvers();
  }

  /** Settles when `holds` returns true. It is checked after everything that happens. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#happened.promise;
  }

  async #tick(): Promise<void> {
    this.#happen(() => {
      this.begun++;
      this.mostRunning = Math.max(this.mostRunning, ++this.running);
    });
    try {
      await this.#end.promise;
    } finally {
      this.running--;
    }
  }

  #happen(happening: () => void): void {
    happening();
    this.#happened.resolve();
    this.#happened = Promise.withResolvers();
  }
}

describe('Scheduler', () => {
  let ticks: Ticks;

  beforeEach(() => {
    ticks = new Ticks('* * * * * *');
  });

  afterEach(async () => {
    const stopped = ticks.scheduler.stop();
    ticks.end();
    await stopped;
  });

  it('runs the first tick at once and settles with its end', async () => {
    const started = ticks.scheduler.start();
    expect(ticks.begun).toBe(1);

    ticks.end();
    await started;

    expect(ticks.durations).toHaveLength(1);
    expect(ticks.durations[0]).toBeGreaterThanOrEqual(0);
  });

  it('runs the others on schedule', async () => {
    const started = ticks.scheduler.start();
    ticks.end();
    await started;

    await ticks.until(() => ticks.begun === 2);
  });

  it('leaves out and counts the ticks that would overlap, the first one too', async () => {
    const started = ticks.scheduler.start();

    await ticks.until(() => ticks.skipped === 1);
    ticks.end();
    await started;
    await ticks.until(() => ticks.begun === 2);
    await ticks.until(() => ticks.skipped === 2);

    expect(ticks.mostRunning).toBe(1);
  });

  it('reports a tick that rejected, and goes on', async () => {
    const started = ticks.scheduler.start();
    ticks.fail(new Error('a bug'));
    await started;

    await ticks.until(() => ticks.begun === 2);

    expect(ticks.errors).toEqual([new Error('a bug')]);
    expect(ticks.durations).toHaveLength(1);
  });

  it('stops only after the tick that is running', async () => {
    void ticks.scheduler.start();
    let isStopped = false;
    const stopped = ticks.scheduler.stop().then(() => {
      isStopped = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);

    ticks.end();
    await stopped;
    expect(ticks.running).toBe(0);
  });

  it('stops, however often it is asked to, and even if it never started', async () => {
    await ticks.scheduler.stop();
    await ticks.scheduler.stop();

    expect(ticks.begun).toBe(0);
  });

  it.each([
    ['*/5 * * * * *', 5_000],
    ['* * * * *', 60_000],
  ])('says how far apart the ticks of %s are', async (expression, intervalMs) => {
    const slow = new Ticks(expression);
    const started = slow.scheduler.start();
    slow.end();
    await started;

    expect(slow.scheduler.intervalMs()).toBe(intervalMs);
    await slow.scheduler.stop();
  });

  it('says no interval before it started', () => {
    expect(ticks.scheduler.intervalMs()).toBe(0);
  });

  it('refuses an expression that is none', () => {
    expect(() => new Ticks('every five seconds').scheduler.start()).toThrow();
  });
});

describe('Scheduler, when the wall clock is set', () => {
  const HOUR = 3_600_000;
  let scheduler: Scheduler;
  /** What the wall clock said at each tick. */
  let ticks: string[];

  beforeEach(() => {
    jest.useFakeTimers({ now: new Date(2026, 2, 2, 2, 30) });
    ticks = [];
  });

  afterEach(async () => {
    await scheduler.stop();
    jest.useRealTimers();
  });

  async function start(expression: string): Promise<void> {
    const tick = async () => void ticks.push(new Date().toTimeString().slice(0, 8));
    const onError = (error: unknown) => {
      throw error;
    };
    scheduler = new Scheduler({ expression, tick, onTick: () => {}, onSkip: () => {}, onError });
    await scheduler.start();
    ticks = [];
  }

  function step(ms: number): void {
    jest.setSystemTime(Date.now() + ms);
  }

  it.each([
    ['back', -HOUR],
    ['forward', HOUR],
  ])('%s by an hour, goes on after one interval at the latest', async (_, ms) => {
    await start('*/5 * * * * *');
    await jest.advanceTimersByTimeAsync(12_000);
    expect(ticks).toHaveLength(2);

    step(ms);

    await jest.advanceTimersByTimeAsync(5_000);
    expect(ticks.length).toBeGreaterThan(2);
    ticks = [];
    await jest.advanceTimersByTimeAsync(60_000);
    expect(ticks).toHaveLength(12);
  });

  it('over the time of a daily tick, ticks at once, and the next day at its time', async () => {
    await start('0 3 * * *');

    step(HOUR);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(ticks).toEqual(['03:30:01']);

    await jest.advanceTimersByTimeAsync(24 * HOUR);
    expect(ticks).toEqual(['03:30:01', '03:00:00']);
  });

  it('towards a daily tick, ticks at its time', async () => {
    await start('0 3 * * *');

    step(HOUR / 4);
    await jest.advanceTimersByTimeAsync(HOUR / 4);

    expect(ticks).toEqual(['03:00:00']);
  });

  it('back before a daily tick, ticks when its time comes again', async () => {
    await start('0 3 * * *');
    await jest.advanceTimersByTimeAsync(HOUR);
    expect(ticks).toEqual(['03:00:00']);

    step(-HOUR);
    await jest.advanceTimersByTimeAsync(HOUR);

    expect(ticks).toEqual(['03:00:00', '03:00:00']);
  });
});
