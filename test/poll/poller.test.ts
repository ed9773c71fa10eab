import { describe, expect, it } from '@jest/globals';
import type { Observation, PollAbort, Trigger } from '../../src/core/model/observation.ts';
import type { ServerRecord } from '../../src/core/record/record.ts';
import { Poller } from '../../src/poll/poller.ts';
import { answered, pendingRecord } from '../support/sample/sample.ts';

interface Poll {
  readonly name: string;
  readonly trigger: Trigger;
  readonly abort: PollAbort;
  readonly answer: () => void;
  readonly fail: (error: Error) => void;
}

/** A fleet whose polls end when the test says so. */
class Fleet {
  readonly records = new Map<string, ServerRecord>();
  readonly polls: Poll[] = [];
  readonly committed: ServerRecord[] = [];
  readonly errors: unknown[] = [];
  readonly poller: Poller;
  commit: (record: ServerRecord) => void = (record) => void this.committed.push(record);

  constructor(concurrency: number, ...records: readonly ServerRecord[]) {
    for (const record of records) this.put(record);
    this.poller = new Poller({
      concurrency,
      list: () => [...this.records.values()],
      get: (name) => this.records.get(name),
      gather: (record, trigger, abort) => this.#gather(record, trigger, abort),
      commit: (record) => this.commit(record),
      onError: (error) => this.errors.push(error),
    });
  }

  put(record: ServerRecord): void {
    this.records.set(record.target.name, record);
  }

  /** Names of the polled servers, in order. */
  get seen(): string[] {
    return this.polls.map(({ name }) => name);
  }

  poll(name: string): Poll {
    const poll = this.polls.findLast((candidate) => candidate.name === name);
    if (!poll) throw new Error(`no poll of ${name}`);
    return poll;
  }

  /** Ends every poll that has begun, until no more begin. */
  async answerAll(): Promise<void> {
    for (let at = 0; at < this.polls.length; at++) {
      this.polls[at]?.answer();
      await settled();
    }
  }

  #gather({ target }: ServerRecord, trigger: Trigger, abort: PollAbort): Promise<Observation | null> {
    const { promise, resolve, reject } = Promise.withResolvers<Observation | null>();
    abort.routine.addEventListener('abort', () => resolve(null));
    this.polls.push({ name: target.name, trigger, abort, answer: () => resolve(answered()), fail: reject });
    return promise;
  }
}

function server(name: string, record: Partial<ServerRecord> = {}): ServerRecord {
  return { ...pendingRecord({ name, socket: `/tmp/tmux-0/${name}` }), ...record };
}

/** Lets everything run that waits for nothing but its turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('Poller', () => {
  it('polls every server and commits each result when it arrives', async () => {
    const fleet = new Fleet(8, server('a'), server('b'));
    const done = fleet.poller.pollAll();

    fleet.poll('b').answer();
    await settled();
    expect(fleet.committed.map(({ target }) => target.name)).toEqual(['b']);

    fleet.poll('a').answer();
    await done;
    expect(fleet.committed.map(({ target }) => target.name)).toEqual(['b', 'a']);
  });

  it('has at most `concurrency` polls in flight', async () => {
    const fleet = new Fleet(2, server('a'), server('b'), server('c'));
    const done = fleet.poller.pollAll();
    expect(fleet.seen).toEqual(['a', 'b']);

    fleet.poll('a').answer();
    await settled();
    expect(fleet.seen).toEqual(['a', 'b', 'c']);

    await fleet.answerAll();
    await done;
  });

  it('has one poll in flight per server, which others join', async () => {
    const fleet = new Fleet(8, server('a'));
    const both = Promise.all([fleet.poller.pollAll(), fleet.poller.pollNow('a', 'watch'), fleet.poller.pollAll()]);

    expect(fleet.seen).toEqual(['a']);
    await fleet.answerAll();
    await both;
    expect(fleet.committed).toHaveLength(1);
  });

  it('has one poll in flight per socket, even if its name changes', async () => {
    const fleet = new Fleet(8, server('a'));
    const first = fleet.poller.pollAll();
    fleet.records.delete('a');
    fleet.put(server('b', { target: { ...server('a').target, name: 'b' } }));

    const second = fleet.poller.pollAll();

    expect(fleet.seen).toEqual(['a']);
    await fleet.answerAll();
    await Promise.all([first, second]);
  });

  it('polls again once a poll has ended', async () => {
    const fleet = new Fleet(8, server('a'));
    const first = fleet.poller.pollAll();
    await fleet.answerAll();
    await first;

    const second = fleet.poller.pollAll();
    await fleet.answerAll();
    await second;

    expect(fleet.seen).toEqual(['a', 'a']);
  });

  it('does not let those that timed out delay the others', async () => {
    const suspects = [server('hung-1', { timeouts: 1 }), server('hung-2', { timeouts: 3 })];
    const fleet = new Fleet(1, ...suspects, server('healthy'));

    const done = fleet.poller.pollAll();
    expect(fleet.seen).toEqual(['hung-1', 'healthy']);
    fleet.poll('healthy').answer();

    await done;
    expect(fleet.committed.map(({ target }) => target.name)).toEqual(['healthy']);
    await fleet.answerAll();
  });

  it('still polls those that timed out, a bounded number at a time', async () => {
    const fleet = new Fleet(1, server('hung-1', { timeouts: 1 }), server('hung-2', { timeouts: 1 }));

    await fleet.poller.pollAll();
    await fleet.answerAll();
    await fleet.poller.idle();

    expect(fleet.committed.map(({ target }) => target.name)).toEqual(['hung-1', 'hung-2']);
  });

  it('reports a poll that rejected and gives its place to the next', async () => {
    const fleet = new Fleet(1, server('a'), server('b'));
    const done = fleet.poller.pollAll();

    fleet.poll('a').fail(new Error('a bug'));
    await settled();
    await fleet.answerAll();
    await done;

    expect(fleet.errors).toEqual([new Error('a bug')]);
    expect(fleet.committed.map(({ target }) => target.name)).toEqual(['b']);
  });

  it('reports a commit that threw and polls that server again', async () => {
    const fleet = new Fleet(1, server('a'));
    fleet.commit = () => {
      throw new Error('a bug');
    };
    const first = fleet.poller.pollAll();
    await fleet.answerAll();
    await first;

    void fleet.poller.pollAll();

    expect(fleet.errors).toEqual([new Error('a bug')]);
    expect(fleet.seen).toEqual(['a', 'a']);
    await fleet.answerAll();
  });

  it('polls a server by the name that it got while it waited', async () => {
    const fleet = new Fleet(1, server('a'), server('b'));
    const tick = fleet.poller.pollAll();
    fleet.records.delete('b');
    fleet.put(server('c', { target: { ...server('b').target, name: 'c' } }));
    const death = fleet.poller.pollAfresh('c', 'watch');

    await fleet.answerAll();
    await Promise.all([tick, death]);

    expect(fleet.seen).toEqual(['a', 'c']);
  });

  it('leaves out a server that was deregistered while it waited', async () => {
    const fleet = new Fleet(1, server('a'), server('b'));
    const done = fleet.poller.pollAll();
    fleet.records.delete('b');

    await fleet.answerAll();
    await done;

    expect(fleet.seen).toEqual(['a']);
  });

  it('polls with the record as it is when the poll begins', async () => {
    const fleet = new Fleet(1, server('a'), server('b'));
    const done = fleet.poller.pollAll();
    const newer = server('b', { generation: 9 });
    fleet.put(newer);

    await fleet.answerAll();
    await done;

    expect(fleet.committed[1]).toBe(newer);
  });

  it('polls one server at once if asked to', async () => {
    const fleet = new Fleet(8, server('a'), server('b'));
    const done = fleet.poller.pollNow('b', 'watch');

    expect(fleet.polls).toMatchObject([{ name: 'b', trigger: 'watch' }]);
    await fleet.answerAll();
    await done;
  });

  it('has nothing to do for a server that nobody knows', async () => {
    const fleet = new Fleet(8);

    await Promise.all([fleet.poller.pollNow('x', 'watch'), fleet.poller.pollAfresh('x', 'watch')]);

    expect(fleet.seen).toEqual([]);
  });

  it('polls afresh only after a poll that is in flight, which may have begun too early', async () => {
    const fleet = new Fleet(8, server('a'));
    const tick = fleet.poller.pollAll();
    const afresh = fleet.poller.pollAfresh('a', 'watch');
    await settled();
    expect(fleet.polls).toHaveLength(1);

    fleet.poll('a').answer();
    await tick;
    await settled();
    expect(fleet.polls).toMatchObject([{ trigger: 'poll' }, { trigger: 'watch' }]);

    fleet.poll('a').answer();
    await afresh;
    expect(fleet.committed).toHaveLength(2);
  });

  it('examines a death before servers that wait for their turn', async () => {
    const fleet = new Fleet(1, server('a'), server('b'), server('c'));
    const tick = fleet.poller.pollAll();
    const afresh = fleet.poller.pollAfresh('c', 'watch');
    await settled();
    expect(fleet.polls).toMatchObject([
      { name: 'a', trigger: 'poll' },
      { name: 'c', trigger: 'watch' },
    ]);

    await fleet.answerAll();
    await Promise.all([tick, afresh]);
    expect(fleet.seen).toEqual(['a', 'c', 'b']);
  });

  it('examines many deaths at once, but not all', async () => {
    const names = Array.from({ length: 10 }, (_, index) => `dead-${index}`);
    const fleet = new Fleet(2, ...names.map((name) => server(name)));
    const all = Promise.all(names.map((name) => fleet.poller.pollAfresh(name, 'watch')));
    await settled();
    expect(fleet.seen).toHaveLength(8);

    await fleet.answerAll();
    await all;
    expect(fleet.seen).toEqual(names);
  });

  it('waits for those that timed out too if it is to wait for all', async () => {
    const fleet = new Fleet(8, server('hung', { timeouts: 1 }));
    let hasEnded = false;
    const done = fleet.poller.pollAll('poll', 'all').then(() => {
      hasEnded = true;
    });
    await settled();
    expect(hasEnded).toBe(false);

    fleet.poll('hung').answer();
    await done;
  });

  it('is idle only when no poll is in flight, not even of servers that timed out', async () => {
    const fleet = new Fleet(8, server('hung', { timeouts: 1 }));
    await fleet.poller.pollAll();
    let isIdle = false;
    const idle = fleet.poller.idle().then(() => {
      isIdle = true;
    });
    await settled();
    expect(isIdle).toBe(false);

    fleet.poll('hung').answer();
    await idle;
  });

  it('leaves out what waits for its turn when it is closed, but not a death', async () => {
    const fleet = new Fleet(1, server('a'), server('b'), server('c'));
    const tick = fleet.poller.pollAll();
    const closed = fleet.poller.close();
    const death = fleet.poller.pollAfresh('c', 'watch');
    const session = fleet.poller.pollAfresh('b', 'poll');
    await settled();

    await fleet.answerAll();
    await Promise.all([tick, closed, death, session]);

    expect(fleet.seen).toEqual(['a', 'c']);
  });

  it('aborts what is in flight when it is closed or paused, which is no observation', async () => {
    const fleet = new Fleet(8, server('a'));
    const tick = fleet.poller.pollAll();
    await Promise.all([tick, fleet.poller.pause()]);
    fleet.poller.resume();
    const [again, closed] = [fleet.poller.pollAll(), fleet.poller.close()];
    await Promise.all([again, closed]);

    expect([fleet.seen, fleet.committed, fleet.errors]).toEqual([['a', 'a'], [], []]);
  });

  it('waits a second for polls of servers that may have died when it is closed', async () => {
    const fleet = new Fleet(8, server('a'), server('b'));
    const urgent = fleet.poller.pollAfresh('a', 'watch');
    fleet.poller.hasten();
    const changed = fleet.poller.pollAfresh('b', 'poll');
    const began = performance.now();
    await Promise.all([urgent, changed, fleet.poller.close()]);

    expect(fleet.seen).toEqual(['a', 'b']);
    expect(performance.now() - began).toBeGreaterThan(900);
  });

  it('lets a poll in which a death is examined go on for longer', async () => {
    const fleet = new Fleet(8, server('a'));
    const tick = fleet.poller.pollAll();
    const closed = fleet.poller.close();
    const { routine, examination } = fleet.poll('a').abort;

    expect([routine.aborted, examination.aborted]).toEqual([true, false]);
    await Promise.all([tick, closed]);
  });

  it('waits for an urgent poll in flight when it is closed, and polls nothing after that', async () => {
    const fleet = new Fleet(8, server('a'));
    const poll = fleet.poller.pollAfresh('a', 'poll');
    const closed = fleet.poller.close();
    await settled();
    fleet.poll('a').answer();
    await Promise.all([poll, closed]);

    await fleet.poller.pollAll();
    await fleet.poller.pollAfresh('a', 'watch');

    expect([fleet.polls.length, fleet.committed.length]).toEqual([1, 1]);
  });
});
