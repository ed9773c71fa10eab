import { describe, expect, it } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import type { Comparison } from '../../../src/http/access/bcrypt-thread.ts';
import { PasswordCheck } from '../../../src/http/access/password-check.ts';

const HASH = hashSync('right', 4);
const USERS = new Map([
  ['joe', HASH],
  ['ann', HASH.replace('$04$', '$12$')],
]);
const RIGHT = { user: 'joe', password: 'right' };

/** Comparisons that a test answers. */
class Comparisons {
  readonly asked: Comparison[] = [];
  answer = false;

  readonly compare = async (comparison: Comparison) => {
    this.asked.push(comparison);
    return this.answer;
  };
}

describe('A check of passwords', () => {
  it('is bcrypt, in a thread', async () => {
    const check = new PasswordCheck();
    expect(await check.check(RIGHT, USERS, 'one')).toBe('right');
    expect(await check.check({ user: 'joe', password: 'Right' }, USERS, 'one')).toBe('wrong');
    expect(await check.check({ user: 'jo', password: 'right' }, USERS, 'one')).toBe('wrong');
  });

  it('runs bcrypt for a user who does not exist too, at the cost of the dearest user', async () => {
    const comparisons = new Comparisons();
    const check = new PasswordCheck(comparisons.compare);
    await check.check({ user: 'joe', password: 'wrong' }, USERS, 'one');
    await check.check({ user: 'nobody', password: 'wrong' }, USERS, 'one');
    expect(comparisons.asked.map(({ hash }) => hash.slice(4, 7))).toEqual(['04$', '12$']);
  });

  it('refuses a user who does not exist whatever bcrypt says', async () => {
    const comparisons = new Comparisons();
    comparisons.answer = true;
    expect(await new PasswordCheck(comparisons.compare).check({ user: 'x', password: '' }, USERS, 'one')).toBe('wrong');
  });

  it('remembers what was right, until the hash changes, and never what was wrong', async () => {
    const comparisons = new Comparisons();
    const check = new PasswordCheck(comparisons.compare);
    await check.check(RIGHT, USERS, 'one');
    comparisons.answer = true;
    await check.check(RIGHT, USERS, 'one');
    await check.check(RIGHT, USERS, 'one');
    expect(comparisons.asked).toHaveLength(2);
    expect(check.isKnown(RIGHT, USERS)).toBe(true);
    expect(check.isKnown({ ...RIGHT, password: 'righ' }, USERS)).toBe(false);
    expect(check.isKnown(RIGHT, new Map([['joe', `${HASH.slice(0, -1)}${HASH.endsWith('.') ? 'O' : '.'}`]]))).toBe(
      false,
    );
    expect(check.isKnown(RIGHT, new Map())).toBe(false);
  });

  it('forgets the oldest of more than a hundred', async () => {
    const comparisons = new Comparisons();
    comparisons.answer = true;
    const check = new PasswordCheck(comparisons.compare);
    for (let count = 0; count <= 100; count++) await check.check({ user: 'joe', password: `${count}` }, USERS, 'one');
    const known = ['0', '1', '100'].map((password) => check.isKnown({ user: 'joe', password }, USERS));
    expect(known).toEqual([false, true, true]);
  });

  it('compares one at a time, lets sixteen wait, and is busy for more', async () => {
    const { promise: free, resolve } = Promise.withResolvers<void>();
    let running = 0;
    let most = 0;
    const check = new PasswordCheck(async () => {
      most = Math.max(most, ++running);
      await free;
      running--;
      return false;
    });
    const results = Array.from({ length: 17 }, (_, count) =>
      check.check({ user: 'joe', password: `${count}` }, USERS, 'one'),
    );
    expect(await results[16]).toBe('busy');
    resolve();
    expect(new Set(await Promise.all(results.slice(0, 16)))).toEqual(new Set(['wrong']));
    expect(most).toBe(1);
    expect(await check.check(RIGHT, USERS, 'one')).toBe('wrong');
  });

  it('serves clients in turns, and refuses those that ask for the most', async () => {
    const { promise: free, resolve } = Promise.withResolvers<void>();
    const order: string[] = [];
    const check = new PasswordCheck(async ({ password }) => {
      await free;
      order.push(password);
      return true;
    });
    const ask = (client: string, password: string) => check.check({ user: 'joe', password }, USERS, client);
    const greedy = Array.from({ length: 20 }, (_, count) => ask('greedy', `greedy ${count}`));
    const others = [ask('one', 'one'), ask('two', 'two')];
    resolve();
    expect(await Promise.all(others)).toEqual(['right', 'right']);
    const results = await Promise.all(greedy);
    expect(results.filter((result) => result === 'busy')).toHaveLength(6);
    expect(order.slice(0, 4)).toEqual(['greedy 0', 'greedy 1', 'one', 'two']);
  });

  it('has a place for no more clients than comparisons', async () => {
    const { promise: free, resolve } = Promise.withResolvers<void>();
    const check = new PasswordCheck(async () => {
      await free;
      return true;
    });
    const results = Array.from({ length: 17 }, (_, count) =>
      check.check({ user: 'joe', password: `${count}` }, USERS, `client ${count}`),
    );
    expect(await results[16]).toBe('busy');
    resolve();
    expect(new Set(await Promise.all(results.slice(0, 16)))).toEqual(new Set(['right']));
  });

  it('compares the same login once for all who send it meanwhile, and is busy for none of them', async () => {
    const { promise: free, resolve } = Promise.withResolvers<void>();
    let calls = 0;
    const check = new PasswordCheck(async () => {
      calls++;
      await free;
      return true;
    });
    const results = Array.from({ length: 200 }, () => check.check(RIGHT, USERS, 'one'));
    const other = check.check({ ...RIGHT, user: 'ann' }, USERS, 'one');
    resolve();
    expect(new Set(await Promise.all([...results, other]))).toEqual(new Set(['right']));
    expect(calls).toBe(2);
  });

  it('goes on after an error of the thread', async () => {
    let calls = 0;
    const check = new PasswordCheck(async () => {
      if (++calls === 1) throw new Error('no thread');
      return true;
    });
    await expect(check.check(RIGHT, USERS, 'one')).rejects.toThrow('no thread');
    expect(await check.check(RIGHT, USERS, 'one')).toBe('right');
  });
});
