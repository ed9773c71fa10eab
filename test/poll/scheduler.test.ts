import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Scheduler } from '../../src/poll/scheduler.ts';

/** A tick that lasts until the test says so, and tells when something happens. */
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
      onTick: (durationMs) => this.#tell(() => this.durations.push(durationMs)),
      onSkip: () => this.#tell(() => this.skipped++),
      onError: (error) => this.#tell(() => this.errors.push(error)),
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

  /** Settles when `holds` does: looked at after everything that happens. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#happened.promise;
  }

  async #tick(): Promise<void> {
    this.#tell(() => {
      this.begun++;
      this.mostRunning = Math.max(this.mostRunning, ++this.running);
    });
    try {
      await this.#end.promise;
    } finally {
      this.running--;
    }
  }

  #tell(happening: () => void): void {
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

  it('tells of a tick that rejected, and goes on', async () => {
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

  it('stops, however often it is told to, also if it never started', async () => {
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
