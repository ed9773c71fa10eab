import { describe, expect, it } from '@jest/globals';
import { Histories, type HistoryId } from '../../../src/bus/read/histories.ts';

const id = (name: string, epoch: string): HistoryId => ({ name, epoch });

describe('What is known of each history', () => {
  it('is forgotten with the oldest of its own name, so that no key pushes out what others have', () => {
    const histories = new Histories<number>();
    histories.set(id('build7', 'abc'), 1);
    for (let epoch = 0; epoch < 1_000; epoch++) histories.set(id('stolen', String(epoch)), epoch);
    expect(histories.get(id('build7', 'abc'))).toBe(1);
    expect([histories.get(id('stolen', '991')), histories.get(id('stolen', '992'))]).toEqual([undefined, 992]);
    expect([...histories.entries()]).toHaveLength(9);
  });

  it('is changed in its place', () => {
    const histories = new Histories<number>();
    for (const value of [1, 2]) histories.set(id('build7', 'abc'), value);
    expect([...histories.entries()]).toEqual([[id('build7', 'abc'), 2]]);
  });

  it('is forgotten with the oldest name if there are too many', () => {
    const histories = new Histories<number>();
    for (let name = 0; name <= 10_000; name++) histories.set(id(`n${name}`, 'abc'), name);
    expect([histories.get(id('n0', 'abc')), histories.get(id('n1', 'abc'))]).toEqual([undefined, 1]);
  });
});
