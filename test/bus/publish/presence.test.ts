import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BusClock } from '../../../src/bus/bus-clock.ts';
import { Presence } from '../../../src/bus/publish/presence.ts';

const HEARTBEAT_MS = 30_000;

/** A clock that a test advances. */
class SteppedClock implements BusClock {
  #now = 0;
  readonly #timers = new Set<{ readonly at: number; readonly action: () => void }>();

  readonly now = () => this.#now;
  readonly uptime = () => this.#now;

  readonly after = (ms: number, action: () => void) => {
    const timer = { at: this.#now + ms, action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  };

  async advance(ms: number): Promise<void> {
    this.#now += ms;
    for (const timer of this.#timers) {
      if (timer.at > this.#now) continue;
      this.#timers.delete(timer);
      timer.action();
    }
    await settled();
  }
}

describe('The presence of a host', () => {
  let clock: SteppedClock;
  let isReached: boolean;
  let sent: string[];
  let presence: Presence;

  beforeEach(() => {
    clock = new SteppedClock();
    isReached = true;
    sent = [];
  });

  afterEach(async () => {
    await Promise.all([presence.stop(false), clock.advance(HEARTBEAT_MS)]);
  });

  it('is reported with each heartbeat', async () => {
    await start();
    expect(sent).toEqual(['present']);
    await clock.advance(HEARTBEAT_MS);
    await clock.advance(1_000);
    expect(sent).toEqual(['present', 'present']);
  });

  it('is reported again within a second if nothing has taken the report', async () => {
    isReached = false;
    await start();
    isReached = true;
    await clock.advance(1_000);
    expect(sent).toEqual(['present', 'present']);
    await clock.advance(2_000);
    expect(sent).toHaveLength(2);
  });

  it('is reported less and less often while nothing takes the report, but with each heartbeat', async () => {
    isReached = false;
    await start();
    const counts: number[] = [];
    for (const ms of [1_000, 1_000, 1_000, 4_000, 8_000, 16_000, HEARTBEAT_MS, HEARTBEAT_MS]) {
      await clock.advance(ms);
      counts.push(sent.length);
    }
    expect(counts).toEqual([2, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('is reported at once when the bus is reached for the first time', async () => {
    isReached = false;
    await start();
    isReached = true;
    presence.repeat();
    await settled();
    expect(sent).toEqual(['present', 'present']);
  });

  it('ends at once, also between two reports', async () => {
    await start();
    presence.repeat();
    await settled();
    await presence.stop(true);
    expect(sent).toEqual(['present', 'left']);
  });

  async function start(): Promise<void> {
    presence = new Presence({
      records: () => [],
      heartbeatMs: HEARTBEAT_MS,
      send: async (state) => {
        sent.push(state);
        return isReached;
      },
      clock,
      random: () => 0.5,
    });
    await settled();
  }
});

/** Lets all promises go on that can. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
