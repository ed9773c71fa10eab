import { describe, expect, it } from '@jest/globals';
import { Histories } from '../../../src/bus/read/histories.ts';

describe('What is known of each history', () => {
  it('is forgotten with the oldest of its own name, so that no key pushes out what others have', () => {
    const histories = new Histories<number>();
    histories.set('build7:abc', 1);
    for (let epoch = 0; epoch < 1_000; epoch++) histories.set(`stolen:${epoch}`, epoch);
    expect(histories.get('build7:abc')).toBe(1);
    expect([histories.get('stolen:991'), histories.get('stolen:992')]).toEqual([undefined, 992]);
    expect([...histories.entries()]).toHaveLength(9);
  });

  it('is changed in its place', () => {
    const histories = new Histories<number>();
    for (const value of [1, 2]) histories.set('build7:abc', value);
    expect([...histories.entries()]).toEqual([['build7:abc', 2]]);
  });

  it('is forgotten with the oldest name if there are too many', () => {
    const histories = new Histories<number>();
    for (let name = 0; name <= 10_000; name++) histories.set(`n${name}:abc`, name);
    expect([histories.get('n0:abc'), histories.get('n1:abc')]).toEqual([undefined, 1]);
  });
});
