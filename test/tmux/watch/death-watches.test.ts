import { describe, expect, it } from '@jest/globals';
import type { LastWord } from '../../../src/core/model/observation.ts';
import { DeathWatches, type WatchEnd, type WatchedLife } from '../../../src/tmux/watch/death-watches.ts';
import type { WatchConnection } from '../../../src/tmux/watch/watch-connection.ts';

const LIFE: WatchedLife = { name: 'work', socket: '/tmp/tmux-1000/work', owner: null, pid: 10, version: '3.5a' };
const NEXT_LIFE: WatchedLife = { ...LIFE, pid: 20 };
const MOVED_LIFE: WatchedLife = { ...LIFE, socket: '/tmp/tmux-1000/moved' };

interface Connection {
  readonly life: WatchedLife;
  readonly end: (word: LastWord | null) => Promise<void>;
  /** How it was ended from our side. */
  ending: 'left' | 'cut' | null;
  /** The path of the signal that ended it. */
  leftBy: string | null;
  hasArrived: boolean;
  isUnderstood: boolean;
}

/** Watches with connections and a clock that the test controls. */
class Bench {
  readonly connections: Connection[] = [];
  readonly ends: [pid: number, end: WatchEnd][] = [];
  restarts = 0;
  now = 1_000;
  /** Whether there is something to connect to. */
  isThere = true;
  readonly watches: DeathWatches;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor() {
    this.watches = new DeathWatches({
      open: (life) => (this.isThere ? this.#open(life) : null),
      onEnd: ({ pid }, end) => this.ends.push([pid, end]),
      onRestart: () => this.restarts++,
      uptime: () => this.now,
      setTimer: (run, ms) => {
        const timer = { at: this.now + ms, run };
        this.#timers.add(timer);
        return () => void this.#timers.delete(timer);
      },
    });
  }

  get connection(): Connection {
    const connection = this.connections.at(-1);
    if (!connection) throw new Error('no connection was opened');
    return connection;
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

  #open(life: WatchedLife): WatchConnection {
    const { promise, resolve } = Promise.withResolvers<LastWord | null>();
    const connection: Connection = {
      life,
      ending: null,
      leftBy: null,
      hasArrived: true,
      isUnderstood: true,
      end: async (word) => {
        resolve(word);
        await promise;
      },
    };
    this.connections.push(connection);
    const endBy = (ending: 'left' | 'cut') => {
      connection.ending = ending;
      resolve(null);
    };
    return {
      hasArrived: () => connection.hasArrived,
      isUnderstood: () => connection.isUnderstood,
      ended: promise,
      leave: async (socket) => {
        connection.leftBy = socket;
        endBy('left');
      },
      cut: () => endBy('cut'),
    };
  }
}

describe('DeathWatches', () => {
  it('watches a life with one connection, however often it is asked to', () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.arm({ ...LIFE }, bench.now);

    expect(bench.connections.map(({ life }) => life)).toEqual([LIFE]);
    expect(bench.watches.size).toBe(1);
    bench.connection.hasArrived = false;
    expect(bench.watches.size).toBe(0);
  });

  it('reports an end, with the last word and its moment', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.now = 5_000;

    await bench.connection.end('nothing');

    expect(bench.ends).toEqual([[10, { word: 'nothing', at: 5_000 }]]);
    expect(bench.watches.size).toBe(0);
  });

  it('arms no other watch on a server that speaks another version of the protocol', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.connection.isUnderstood = false;
    await bench.connection.end(null);
    bench.watches.arm(LIFE, bench.now + 1);
    bench.pass(3_600_000);
    bench.watches.arm(LIFE, bench.now);

    expect([bench.connections.length, bench.timers, bench.restarts]).toEqual([1, 0, 0]);
    bench.watches.arm(NEXT_LIFE, bench.now);
    expect(bench.connections).toHaveLength(2);
  });

  it('replaces the watch of a life by that of another one under the same name', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.arm(NEXT_LIFE, bench.now);
    await bench.connections[0]?.end(null);

    expect(bench.connections.map(({ life, ending }) => [life.pid, ending])).toEqual([
      [10, 'cut'],
      [20, null],
    ]);
    expect(bench.ends).toEqual([]);
  });

  it('goes on under another name with the same connection', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.rename('work', 'mine', true);
    await bench.connection.end('nothing');
    expect(bench.ends).toEqual([[10, { word: 'nothing', at: bench.now }]]);
    expect(await bench.watches.endOf('mine', 0)).toEqual({ word: 'nothing', at: bench.now });
    expect(await bench.watches.endOf('work', 0)).toBeNull();
  });

  it('reports an end again under another name, because a poll by the former name is discarded', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    await bench.connection.end('nothing');
    bench.watches.rename('work', 'mine', true);

    expect(bench.ends).toHaveLength(2);
  });

  it('stays on a server whose path leads to another one, and is cut in the end: a signal would go to that one', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.rename('work', 'work+10', false);
    bench.watches.arm(NEXT_LIFE, bench.now);
    expect(bench.watches.size).toBe(1);

    await bench.watches.pause();
    expect(bench.connections.map(({ ending }) => ending)).toEqual(['cut', 'left']);
  });

  it('stays on a server that keeps its name and whose path leads to another one, until it has a path again', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.rename('work', 'work', false);
    expect([bench.watches.size, bench.connection.ending]).toEqual([0, null]);

    bench.watches.arm(MOVED_LIFE, bench.now);
    expect(bench.watches.size).toBe(1);
    bench.watches.rename('work', 'work', false);
    await bench.watches.pause();
    expect(bench.connections.map(({ ending }) => ending)).toEqual(['cut']);
  });

  it('is not armed again by a path that leads to another server', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    await bench.connection.end(null);
    bench.watches.arm(LIFE, bench.now + 1);
    bench.watches.rename('work', 'work+10', false);
    bench.pass(3_600_000);

    expect([bench.connections.length, bench.timers]).toEqual([1, 0]);
  });

  it('swaps the names of two watches', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.arm({ ...NEXT_LIFE, name: 'other' }, bench.now);
    bench.watches.rename('work', 'aside', true);
    bench.watches.rename('other', 'work', true);
    bench.watches.rename('aside', 'other', true);

    expect(bench.connections.map(({ ending }) => ending)).toEqual([null, null]);
    await bench.connections[1]?.end('nothing');
    expect(await bench.watches.endOf('work', 0)).toMatchObject({ word: 'nothing' });
    expect(bench.watches.size).toBe(1);
  });

  it('stays on a server whose socket has another path now, and leaves it by that path', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.arm(MOVED_LIFE, bench.now);
    await bench.watches.release('work');

    expect(bench.connections.map(({ leftBy }) => leftBy)).toEqual([MOVED_LIFE.socket]);
  });

  it('is armed again by the path that leads to the server by then', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    await bench.connection.end(null);
    bench.watches.arm(LIFE, bench.now);
    bench.watches.arm(MOVED_LIFE, bench.now);
    expect(bench.connections).toHaveLength(1);
    bench.pass(1_000);

    expect(bench.connections.map(({ life }) => life.socket)).toEqual([LIFE.socket, MOVED_LIFE.socket]);
  });

  it('leaves a server that got a path again after another one had taken its first', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    bench.watches.rename('work', 'work+10', false);
    bench.watches.arm({ ...MOVED_LIFE, name: 'work+10' }, bench.now);
    expect(bench.watches.size).toBe(1);

    await bench.watches.pause();
    expect(bench.connections.map(({ leftBy }) => leftBy)).toEqual([MOVED_LIFE.socket]);
  });

  it('says nothing of a watch that it ended itself', async () => {
    const bench = new Bench();
    bench.watches.arm(LIFE, bench.now);
    await bench.watches.release('work');

    expect(bench.connection.ending).toBe('left');
    expect(bench.ends).toEqual([]);
    expect(bench.watches.size).toBe(0);
  });

  it('has nothing to release if it watches nothing', async () => {
    const bench = new Bench();
    await bench.watches.release('work');

    expect(bench.connections).toEqual([]);
  });

  describe('asked how a watch ended', () => {
    it('knows no end if there is no watch', async () => {
      expect(await new Bench().watches.endOf('work', 250)).toBeNull();
    });

    it('gives an end that has come', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      await bench.connection.end('shut_down');

      expect(await bench.watches.endOf('work', 250)).toEqual({ word: 'shut_down', at: 1_000 });
      expect(bench.timers).toBe(0);
    });

    it('waits for an end that comes soon', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      bench.pass(1_000);
      const answer = bench.watches.endOf('work', 250);
      bench.pass(100);

      await bench.connection.end('nothing');

      expect(await answer).toEqual({ word: 'nothing', at: 2_100 });
      expect(bench.timers).toBe(0);
    });

    it('does not wait for longer than it may', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      const answer = bench.watches.endOf('work', 250);

      bench.pass(250);

      expect(await answer).toBeNull();
      expect(bench.watches.size).toBe(1);
    });

    it('does not wait for a watch that is released', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      const answer = bench.watches.endOf('work', 250);

      void bench.watches.release('work');

      expect(await answer).toBeNull();
    });
  });

  describe('of a server that announced its end', () => {
    /** A watched server that announced its end with `word`, and was still alive at a poll after that. */
    async function endingBench(word: LastWord): Promise<Bench> {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      await bench.connection.end(word);
      bench.now++;
      bench.watches.arm(LIFE, bench.now);
      return bench;
    }

    it.each<LastWord>(['shut_down', 'last_session_closed', 'ended'])('know that (%s) until it ends', async (word) => {
      const bench = await endingBench(word);
      bench.now += 500;
      bench.watches.arm(LIFE, bench.now);

      expect(await bench.watches.endOf('work', 250)).toEqual({ word, at: null });
    });

    it('know it after later watches that prove nothing', async () => {
      const bench = await endingBench('last_session_closed');
      bench.pass(1_000);
      bench.now += 10;
      await bench.connection.end(null);
      expect(await bench.watches.endOf('work', 250)).toEqual({ word: 'last_session_closed', at: bench.now });

      bench.watches.arm(LIFE, bench.now);
      expect(await bench.watches.endOf('work', 250)).toEqual({ word: 'last_session_closed', at: null });
    });

    it('know it while the server is unreachable, and after that', async () => {
      const bench = await endingBench('last_session_closed');
      bench.pass(1_000);
      await bench.connection.end(null);
      bench.watches.forgetEnd('work', bench.now);
      bench.watches.forgetEnd('work', bench.now);
      expect(await bench.watches.endOf('work', 250)).toEqual({ word: 'last_session_closed', at: null });
      expect(bench.timers).toBe(0);

      bench.watches.arm(LIFE, bench.now);
      bench.pass(2_000);
      expect(bench.connections).toHaveLength(3);
    });

    it('answer a poll that waits for the end of a watch', async () => {
      const bench = await endingBench('last_session_closed');
      bench.pass(1_000);
      const answer = bench.watches.endOf('work', 250);
      await bench.connection.end(null);

      expect(await answer).toEqual({ word: 'last_session_closed', at: bench.now });
    });

    it('believe the last watch if that says how the server ended', async () => {
      const bench = await endingBench('last_session_closed');
      bench.pass(1_000);
      await bench.connection.end('nothing');
      expect(await bench.watches.endOf('work', 250)).toEqual({ word: 'nothing', at: bench.now });

      bench.watches.arm(LIFE, bench.now);
      expect(await bench.watches.endOf('work', 250)).toBeNull();
    });

    it.each<LastWord>(['shut_down', 'last_session_closed', 'ended'])(
      'forget it (%s) once sessions are found in it: a later crash is no orderly end',
      async (word) => {
        const bench = await endingBench(word);
        bench.watches.forgetFarewell('work', bench.now);
        bench.watches.arm(LIFE, bench.now);
        expect(await bench.watches.endOf('work', 250)).toBeNull();

        bench.pass(1_000);
        expect(bench.connections).toHaveLength(2);
        await bench.connection.end(null);
        expect(await bench.watches.endOf('work', 250)).toEqual({ word: null, at: bench.now });
      },
    );

    it('know it if the sessions were found by a poll that began before', async () => {
      const bench = await endingBench('last_session_closed');
      bench.watches.forgetFarewell('work', bench.now - 2);

      expect(await bench.watches.endOf('work', 250)).toEqual({ word: 'last_session_closed', at: null });
    });

    it('are not armed again after a shutdown, because the server accepts no connection', async () => {
      const bench = await endingBench('shut_down');
      bench.watches.arm(LIFE, bench.now);
      bench.pass(3_600_000);

      expect([bench.connections.length, bench.timers, bench.restarts]).toEqual([1, 0, 0]);
    });

    it('do not take it for the end of another server under the same name', async () => {
      const bench = await endingBench('shut_down');
      bench.watches.arm(NEXT_LIFE, bench.now);
      await bench.connection.end(null);

      expect(await bench.watches.endOf('work', 250)).toEqual({ word: null, at: bench.now });
    });

    it('forget it when they are released', async () => {
      const bench = await endingBench('shut_down');
      await bench.watches.release('work');

      expect(await bench.watches.endOf('work', 250)).toBeNull();
    });

    it('know it under another name, also if its path leads to another server', async () => {
      const bench = await endingBench('last_session_closed');
      bench.watches.rename('work', 'work+10', false);
      bench.watches.forgetEnd('work+10', bench.now);
      bench.pass(3_600_000);

      expect(await bench.watches.endOf('work+10', 250)).toEqual({ word: 'last_session_closed', at: null });
      expect([bench.connections.length, bench.timers]).toEqual([1, 0]);
    });

    it('do not keep what a watch heard while its path led to another server: it may be that one that ended', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      bench.watches.rename('work', 'work+10', false);
      await bench.connection.end('shut_down');
      expect(await bench.watches.endOf('work+10', 250)).toEqual({ word: 'shut_down', at: bench.now });

      bench.watches.forgetEnd('work+10', bench.now);
      expect(await bench.watches.endOf('work+10', 250)).toBeNull();
    });
  });

  describe('asked to watch a life that outlived its watch', () => {
    async function endAndArm(bench: Bench): Promise<void> {
      await bench.connection.end('nothing');
      bench.watches.arm(LIFE, bench.now);
    }

    it('does so after a pause, and counts it', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      await endAndArm(bench);
      bench.watches.arm(LIFE, bench.now);
      expect([bench.connections.length, bench.timers]).toEqual([1, 1]);

      bench.pass(1_000);

      expect([bench.connections.length, bench.restarts]).toEqual([2, 1]);
    });

    it('pauses twice as long each time, up to a minute', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      const pauses = [1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000);
      for (const [at, pauseMs] of pauses.entries()) {
        await endAndArm(bench);
        bench.pass(pauseMs - 1);
        expect(bench.connections).toHaveLength(at + 1);
        bench.pass(1);
        expect(bench.connections).toHaveLength(at + 2);
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

      expect(bench.connections).toHaveLength(3);
    });

    it('does not if the life was seen before its watch ended: the end is still to be reported', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      const seenAt = bench.now;
      bench.now += 5;
      await bench.connection.end('nothing');
      bench.watches.arm(LIFE, seenAt);
      bench.watches.forgetEnd('work', seenAt);

      expect(await bench.watches.endOf('work', 250)).toEqual({ word: 'nothing', at: 1_005 });
      bench.watches.forgetEnd('work', bench.now);
      expect(await bench.watches.endOf('work', 250)).toBeNull();
    });

    it('does not if it is released in the pause', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      await endAndArm(bench);
      await bench.watches.release('work');

      bench.pass(60_000);

      expect([bench.connections.length, bench.timers]).toEqual([1, 0]);
    });
  });

  it('reports an end that proves nothing if there is nothing to connect to, and tries again after a pause', async () => {
    const bench = new Bench();
    bench.isThere = false;
    bench.watches.arm(LIFE, bench.now);
    await Promise.resolve();

    expect(bench.ends).toEqual([[10, { word: null, at: 1_000 }]]);
    expect(bench.watches.size).toBe(0);
    bench.isThere = true;
    bench.watches.arm(LIFE, bench.now);
    bench.pass(1_000);
    expect(bench.watches.size).toBe(1);
  });

  describe('paused', () => {
    async function pausedBench(): Promise<Bench> {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      bench.watches.arm({ ...LIFE, name: 'other', socket: '/tmp/tmux-1000/other' }, bench.now);
      await bench.watches.pause();
      return bench;
    }

    it('has left every server, and reports no end', async () => {
      const bench = await pausedBench();

      expect(bench.connections.map(({ ending }) => ending)).toEqual(['left', 'left']);
      expect([bench.watches.size, bench.ends.length]).toEqual([0, 0]);
    });

    it('watches nobody before it is resumed', async () => {
      const bench = await pausedBench();
      bench.watches.arm(LIFE, bench.now);
      expect([bench.connections.length, bench.timers]).toEqual([2, 0]);

      bench.watches.resume();
      bench.watches.arm(LIFE, bench.now);
      expect([bench.connections.length, bench.watches.size]).toEqual([3, 1]);
    });

    it('does not go on with a watch that was to be armed again', async () => {
      const bench = new Bench();
      bench.watches.arm(LIFE, bench.now);
      await bench.connection.end('nothing');
      bench.watches.arm(LIFE, bench.now);
      await bench.watches.pause();

      bench.pass(60_000);

      expect([bench.connections.length, bench.timers]).toEqual([1, 0]);
    });
  });
});
