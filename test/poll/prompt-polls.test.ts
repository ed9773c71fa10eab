import { describe, expect, it } from '@jest/globals';
import type { Snapshot } from '../../src/core/model/snapshot.ts';
import type { ServerRecord } from '../../src/core/record/record.ts';
import { MOST_AT_ONCE, type Occasion, PromptPolls } from '../../src/poll/prompt-polls.ts';
import { FakeClock } from '../support/sample/fake-clock.ts';
import { pendingRecord, sampleSnapshot, TARGET, upRecord } from '../support/sample/sample.ts';

const REAL = { pid: 4242, start: '7' };

/** A server whose polls end when the test says so. */
class Bench {
  readonly polls: Occasion[] = [];
  readonly clock = new FakeClock();
  /** What the next poll finds. */
  found: ServerRecord | undefined;
  readonly polling: PromptPolls;
  #record: ServerRecord | undefined = pendingRecord();
  #ends: (() => void)[] = [];
  #timer: { readonly at: number; readonly run: () => void } | null = null;

  constructor(found: ServerRecord | undefined) {
    this.found = found;
    this.polling = new PromptPolls({
      get: (name) => (name === TARGET.name ? this.#record : undefined),
      poll: async (_, occasion) => {
        this.polls.push(occasion);
        await new Promise<void>((resolve) => {
          this.#ends.push(resolve);
        });
        this.#record = this.found;
      },
      uptime: () => this.clock.uptime(),
      setTimer: (run, ms) => {
        this.#timer = { at: this.clock.uptime() + ms, run };
        return () => {
          this.#timer = null;
        };
      },
    });
  }

  get waits(): boolean {
    return this.#timer !== null;
  }

  /** Requests a poll and ends it, if it begins. */
  async poll(occasion: Occasion = 'ended'): Promise<void> {
    void this.polling.request(TARGET.name, occasion);
    await settled();
    await this.end();
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    await settled();
    this.#record ??= pendingRecord();
  }

  async pass(ms: number): Promise<void> {
    this.clock.pass(ms);
    if (this.#timer && this.#timer.at <= this.clock.uptime()) this.#timer.run();
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A record of a life that the kernel knows. */
function real(pid: number, snapshot: Snapshot = sampleSnapshot()): ServerRecord {
  const record = upRecord(snapshot);
  return { ...record, life: record.life && { ...record.life, process: { ...REAL, pid } } };
}

/** A record of a life that no process is known of. */
function claimed(): ServerRecord {
  const record = upRecord(sampleSnapshot());
  return { ...record, life: record.life && { ...record.life, process: null } };
}

describe('PromptPolls', () => {
  it('polls a server by the name that it has when its poll begins', async () => {
    const names: string[] = [];
    const polling = new PromptPolls({
      get: (name) => pendingRecord({ name }),
      poll: async (name) => void names.push(name),
      uptime: () => 0,
      setTimer: () => () => {},
    });
    void polling.request('work', 'changed');
    await polling.request('mine', 'ended');

    expect(names).toEqual(['mine', 'mine']);
  });

  it('polls at once, and joins requests that came before a poll began', async () => {
    const bench = new Bench(claimed());
    const done = [bench.polling.request(TARGET.name, 'changed'), bench.polling.request(TARGET.name, 'ended')];
    await settled();
    expect(bench.polls).toEqual(['changed', 'ended']);
    await bench.end();
    await Promise.all(done);
  });

  it('polls once more after a poll that has begun, however many requests came', async () => {
    const bench = new Bench(claimed());
    void bench.polling.request(TARGET.name, 'changed');
    await settled();
    for (let number = 0; number < 100; number++) void bench.polling.request(TARGET.name, 'changed');
    await settled();
    expect(bench.polls).toHaveLength(1);
    await bench.end();
    await bench.end();
    expect(bench.polls).toHaveLength(2);
  });

  it('ignores a server that is not registered', async () => {
    const bench = new Bench(claimed());
    await bench.polling.request('other', 'ended');
    expect(bench.polls).toEqual([]);
  });

  it('lets a server wait that has claimed too many lives, and then polls it once a second', async () => {
    const bench = new Bench(claimed());
    for (let number = 0; number < 100; number++) await bench.poll();
    expect(bench.polls).toHaveLength(MOST_AT_ONCE);
    for (let second = 1; second <= 5; second++) {
      await bench.pass(1_000);
      await bench.end();
      await bench.poll();
      expect(bench.polls).toHaveLength(MOST_AT_ONCE + second);
    }
  });

  it('polls at once again after a while', async () => {
    const bench = new Bench(claimed());
    for (let number = 0; number < MOST_AT_ONCE; number++) await bench.poll();
    await bench.pass(20_000);
    for (let number = 0; number < 100; number++) await bench.poll();
    expect(bench.polls).toHaveLength(2 * MOST_AT_ONCE);
  });

  it('lets no real server wait that is restarted ten times a second', async () => {
    const bench = new Bench(undefined);
    for (let life = 0; life < 1_000; life++) {
      bench.found = real(life);
      await bench.poll('found');
      await bench.poll('changed');
      await bench.poll('changed');
      bench.found = undefined;
      await bench.poll('ended');
      await bench.poll('changed');
      await bench.pass(100);
    }
    expect(bench.polls).toHaveLength(5_000);
  });

  it('lets a real server wait whose contents change all the time', async () => {
    const bench = new Bench(undefined);
    for (let number = 0; number < 100; number++) {
      bench.found = real(1, sampleSnapshot());
      await bench.poll('changed');
    }
    expect(bench.polls.length).toBeLessThanOrEqual(MOST_AT_ONCE + 1);
  });

  it('begins all polls that wait when it is closed, and makes none wait after that', async () => {
    const bench = new Bench(claimed());
    for (let number = 0; number < MOST_AT_ONCE; number++) await bench.poll();
    void bench.polling.request(TARGET.name, 'ended');
    await settled();
    expect([bench.polls.length, bench.waits]).toEqual([MOST_AT_ONCE, true]);
    const closed = bench.polling.close();
    await settled();
    await bench.end();
    await closed;
    await bench.poll();
    expect([bench.polls.length, bench.waits]).toEqual([MOST_AT_ONCE + 1, false]);
  });
});
