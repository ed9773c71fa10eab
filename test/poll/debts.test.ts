import { describe, expect, it } from '@jest/globals';
import { Debts } from '../../src/poll/debts.ts';
import { FakeClock } from '../support/sample/fake-clock.ts';

describe('Debts', () => {
  const clock = new FakeClock();
  const uptime = () => clock.uptime();

  it('make a key wait that owes too much, until it has paid enough', () => {
    const debts = new Debts({ most: 2, perSecond: 1, uptime });
    debts.owe('a', 2);
    expect(debts.waitMs('a')).toBe(0);
    debts.owe('a', 1.5);
    expect(debts.waitMs('a')).toBe(1_500);
    clock.pass(1_000);
    expect(debts.waitMs('a')).toBe(500);
    clock.pass(500);
    expect(debts.waitMs('a')).toBe(0);
  });

  it('are those of each key alone', () => {
    const debts = new Debts({ most: 0, perSecond: 1, uptime });
    debts.owe('a', 1);
    expect(debts.waitMs('b')).toBe(0);
  });

  it('are forgotten once they are paid', () => {
    const debts = new Debts({ most: 0, perSecond: 1, uptime });
    for (let number = 0; number < 1_000; number++) {
      debts.owe(String(number), 1);
      clock.pass(100);
    }
    expect(debts.size).toBeLessThanOrEqual(11);
    clock.pass(3_600_000);
    debts.owe('a', 1);
    expect(debts.waitMs('a')).toBe(1_000);
    expect(debts.size).toBe(1);
  });
});
