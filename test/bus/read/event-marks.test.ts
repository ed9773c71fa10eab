import { describe, expect, it } from '@jest/globals';
import { EventMarks } from '../../../src/bus/read/event-marks.ts';

const id = (name: string, epoch: string) => ({ name, epoch });

describe('The marks of histories', () => {
  it('tell an event that was read before', () => {
    const marks = new EventMarks();
    expect([1, 2, 2, 1, 3].map((seq) => marks.take(id('build7', 'abc'), seq))).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('tell exporters with copies of one store, and the histories of one exporter, apart', () => {
    const marks = new EventMarks();
    const takes = [
      marks.take(id('build7', 'abc'), 5),
      marks.take(id('build8', 'abc'), 5),
      marks.take(id('build7', 'def'), 5),
      marks.take(id('build7', 'abc'), 5),
    ];
    expect(takes).toEqual([true, true, true, false]);
  });

  it('are all forgotten with the log', () => {
    const marks = new EventMarks();
    marks.take(id('build7', 'abc'), 5);
    marks.clear();
    expect(marks.take(id('build7', 'abc'), 5)).toBe(true);
  });
});
