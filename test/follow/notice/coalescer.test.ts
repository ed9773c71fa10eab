import { beforeEach, describe, expect, it } from '@jest/globals';
import { Coalescer } from '../../../src/follow/notice/coalescer.ts';
import type { Notice } from '../../../src/follow/notice/notice.ts';
import { notice } from '../support/samples.ts';
import { SuspendableClock } from '../support/suspendable-clock.ts';

describe('Coalescer', () => {
  let clock: SuspendableClock;
  let shown: Notice[];
  let coalescer: Coalescer;

  beforeEach(() => {
    clock = new SuspendableClock();
    shown = [];
    coalescer = new Coalescer(clock, async (one) => void shown.push(one));
  });

  function add(count: number, fields: Partial<Notice> = {}): Promise<unknown> {
    return Promise.all(Array.from({ length: count }, () => coalescer.add(notice(fields))));
  }

  const titles = () => shown.map(({ title }) => title.replace(/tmux server .*/, 'one'));

  it('shows the first three at once, and the others as one summary after two seconds', async () => {
    const all = add(8);
    expect(titles()).toEqual(['one', 'one', 'one']);
    clock.advance(1_999);
    expect(shown).toHaveLength(3);
    clock.advance(1);
    await all;
    expect(titles()).toEqual(['one', 'one', 'one', '5 tmux notices: 5 server-up']);
  });

  it('gives a storm that goes on one summary every two seconds, until it is quiet', () => {
    for (let half = 0; half < 8; half++) {
      void add(5);
      clock.advance(1_000);
    }
    expect(titles()).toEqual([
      'one',
      'one',
      'one',
      ...[7, 10, 10, 10].map((count) => `${count} tmux notices: ${count} server-up`),
    ]);
    clock.advance(10_000);
    void add(1);
    expect(titles().at(-1)).toBe('one');
    expect(shown).toHaveLength(8);
  });

  it('shows a single late one as it is', () => {
    void add(4);
    clock.advance(2_000);
    expect(titles()).toEqual(['one', 'one', 'one', 'one']);
  });

  it('makes one summary of many that are expected', () => {
    coalescer.expect(50);
    void add(50);
    expect(shown).toEqual([]);
    clock.advance(2_000);
    expect(titles()).toEqual(['50 tmux notices: 50 server-up']);
  });

  it('shows a few one by one, if many were expected and not wanted', () => {
    coalescer.expect(50);
    void add(3);
    clock.advance(2_000);
    expect(titles()).toEqual(['one', 'one', 'one']);
  });

  it('shows what it holds when it is closed, and waits for nothing more', async () => {
    const all = add(9);
    coalescer.close();
    await all;
    expect(titles().at(-1)).toBe('6 tmux notices: 6 server-up');
    expect(clock.pending).toBe(0);
  });

  it('settles what it summed up only when the summary was shown', async () => {
    const gate = Promise.withResolvers<void>();
    const slow = new Coalescer(clock, () => gate.promise);
    let settled = 0;
    for (let count = 0; count < 6; count++) void slow.add(notice()).then(() => settled++);
    clock.advance(2_000);
    await Promise.resolve();
    expect(settled).toBe(0);
    gate.resolve();
    await new Promise(setImmediate);
    expect(settled).toBe(6);
  });
});
