import { describe, expect, it } from '@jest/globals';
import { DeathWatches, type WatchEnd, type WatchedLife } from '../../src/tmux/watch.ts';

const LIFE: WatchedLife = { name: 'work', socket: '/tmp/tmux-1000/work', pid: 10, identity: null, version: '3.5a' };
const NEXT_LIFE: WatchedLife = { ...LIFE, pid: 20 };

interface Client {
  readonly life: WatchedLife;
  readonly end: (code: number | null) => Promise<void>;
  killed: boolean;
  hasArrived: boolean;
  wasReleased: boolean;
}

/** Watches whose clients end, and whose time passes, when the test says so. */
class Bench {
  readonly clients: Client[] = [];
  readonly ends: [pid: number, end: WatchEnd][] = [];
  restarts = 0;
  now = 1_000;
  readonly watches: DeathWatches;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor() {
    this.watches = new DeathWatches({
      start: (life) => this.#start(life),
      onEnd: ({ pid }, end) => this.ends.push([pid, end]),
      onRestart: () => this.restarts++,
      now: () => this.now,
      setTimer: (run, ms) => {
        const timer = { at: this.now + ms, run };
        this.#timers.add(timer);
        return () => void this.#timers.delete(timer);
      },
    });
  }

  get client(): Client {
    const client = this.clients.at(-1);
    if (!client) throw new Error('no client was started');
    return client;
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Lets time pass, with all that it brings. */
  pass(ms: number): void {
    this.now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at > this.now || !this.#timers.delete(timer)) continue;
      timer.run();
    }
  }

  #start(life: WatchedLife) {
    const { promise, resolve } = Promise.withResolvers<number | null>();
    const client: Client = {
      life,
      killed: false,
      hasArrived: true,
      wasReleased: true,
      end: async (code) => {
        resolve(code);
        await promise;
      },
    };
    this.clients.push(client);
    const kill = () => {
      client.killed = true;
      resolve(null);
    };
    const state = { hasArrived: () => client.hasArrived, wasReleased: () => client.wasReleased };
    return { pid: 99, ...state, ended: promise, kill };
  }
}

describe('DeathWatches', () => {
  it('watches a life with one client, however often it is told to', () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.arm({ ...LIFE }, bench.now);

    expect(bench.clients.map(({ life }) => life)).toEqual([LIFE]);
    expect(bench.watches.size).toBe(1);
    bench.client.hasArrived = false;
    expect(bench.watches.size).toBe(0);
    expect([bench.watches.isArmed('work', 10), bench.watches.isArmed('work', 20)]).toEqual([true, false]);
  });

  it('tells of an end, with its code and its moment', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.now = 5_000;

    await bench.client.end(1);

    expect(bench.ends).toEqual([[10, { code: 1, at: 5_000 }]]);
    expect([bench.watches.size, bench.watches.isArmed('work', 10)]).toEqual([0, false]);
  });

  it('watches another life under the name in the place of the first', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.arm(NEXT_LIFE, bench.now);
    await bench.clients[0]?.end(null);

    expect(bench.clients.map(({ life, killed }) => [life.pid, killed])).toEqual([
      [10, true],
      [20, false],
    ]);
    expect(bench.ends).toEqual([]);
  });

  it('says nothing of a watch that it ended itself', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.release('work');
    await bench.client.end(null);

    expect(bench.client.killed).toBe(true);
    expect(bench.ends).toEqual([]);
    expect(bench.watches.size).toBe(0);
  });

  it('has nothing to release where it watches nothing', () => {
    const bench = new Bench();
    bench.watches.release('work');

    expect(bench.clients).toEqual([]);
  });

  describe('asked how a watch ended', () => {
    it('knows no end where there is no watch', async () => {
      expect(await new Bench().watches.endOf('work', 250)).toBeNull();
    });

    it('gives an end that has come', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      await bench.client.end(0);

      expect(await bench.watches.endOf('work', 250)).toEqual({ code: 0, at: 1_000 });
      expect(bench.timers).toBe(0);
    });

    it('waits for an end that comes soon', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      bench.pass(1_000);
      const answer = bench.watches.endOf('work', 250);
      bench.pass(100);

      await bench.client.end(1);

      expect(await answer).toEqual({ code: 1, at: 2_100 });
      expect(bench.timers).toBe(0);
    });

    it.each([
      ['0 after its server let it go', 0, { hasArrived: true, wasReleased: true }, '3.5a', 0],
      ['0 because somebody ended it', 0, { hasArrived: true, wasReleased: false }, '3.5a', null],
      ['0 from a server that cuts its clients off', 0, { hasArrived: true, wasReleased: false }, '3.1c', 0],
      ['0 from a server of unknown version', 0, { hasArrived: true, wasReleased: false }, null, 0],
      ['1 after it had arrived', 1, { hasArrived: true, wasReleased: false }, '3.5a', 1],
      ['1 while it was still on its way', 1, { hasArrived: false, wasReleased: false }, '3.5a', null],
    ] satisfies [string, number, Partial<Client>, string | null, number | null][])(
      'knows what exit code %s tells',
      async (_, code, client, version, told) => {
        const bench = new Bench();
        bench.watches.arm({ ...LIFE, version }, bench.now);
        Object.assign(bench.client, client);
        await bench.client.end(code);

        expect(await bench.watches.endOf('work', 250)).toEqual({ code: told, at: 1_000 });
      },
    );

    it('does not wait for longer than it is told', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      const answer = bench.watches.endOf('work', 250);

      bench.pass(250);

      expect(await answer).toBeNull();
      expect(bench.watches.isArmed('work', 10)).toBe(true);
    });

    it('does not wait for a watch that is released', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      const answer = bench.watches.endOf('work', 250);

      bench.watches.release('work');

      expect(await answer).toBeNull();
    });
  });

  describe('told to watch a life that outlived its watch', () => {
    async function endAndArm(bench: Bench): Promise<void> {
      await bench.client.end(1);
      bench.watches.arm(LIFE, bench.now);
    }

    it('does so after a pause, and counts it', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      await endAndArm(bench);
      bench.watches.arm(LIFE, bench.now);
      expect([bench.clients.length, bench.watches.isArmed('work', 10)]).toEqual([1, true]);

      bench.pass(1_000);

      expect([bench.clients.length, bench.restarts]).toEqual([2, 1]);
    });

    it('pauses twice as long each time, up to a minute', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      const pauses = [1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000);
      for (const [at, pauseMs] of pauses.entries()) {
        await endAndArm(bench);
        bench.pass(pauseMs - 1);
        expect(bench.clients).toHaveLength(at + 1);
        bench.pass(1);
        expect(bench.clients).toHaveLength(at + 2);
      }
    });

    it('begins with a short pause again after a watch that held', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      await endAndArm(bench);
      bench.pass(1_000);
      bench.pass(60_001);

      await endAndArm(bench);
      bench.pass(1_000);

      expect(bench.clients).toHaveLength(3);
    });

    it('does not where the life was seen before its watch ended: the end stays to be told', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      const seenAt = bench.now;
      bench.now += 5;
      await bench.client.end(0);
      bench.watches.arm(LIFE, seenAt);
      bench.watches.forgetEnd('work', seenAt);

      expect(await bench.watches.endOf('work', 250)).toEqual({ code: 0, at: 1_005 });
      bench.watches.forgetEnd('work', bench.now);
      expect(await bench.watches.endOf('work', 250)).toBeNull();
    });

    it('does not where it is released in the pause', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      await endAndArm(bench);
      bench.watches.release('work');

      bench.pass(60_000);

      expect([bench.clients.length, bench.timers]).toEqual([1, 0]);
    });
  });

  it('closes only when all its clients have left', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.arm({ ...LIFE, name: 'other', socket: '/tmp/tmux-1000/other' }, bench.now);

    await bench.watches.close();

    expect(bench.clients.map(({ killed }) => killed)).toEqual([true, true]);
    expect([bench.watches.size, bench.ends.length]).toEqual([0, 0]);
    bench.watches.arm(LIFE, bench.now);
    expect([bench.clients.length, bench.timers]).toEqual([2, 0]);
  });
});
