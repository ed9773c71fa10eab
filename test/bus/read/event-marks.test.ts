import { describe, expect, it } from '@jest/globals';
import { EventMarks } from '../../../src/bus/read/event-marks.ts';

const place = (seq: number, epoch = 'abc') => ({ epoch, seq });

describe('The marks of histories', () => {
  it('tell an event that was read before', () => {
    const marks = new EventMarks();
    expect([1, 2, 2, 1, 3].map((seq) => marks.take('build7', place(seq)))).toEqual([true, true, false, false, true]);
  });

  it('tell exporters with copies of one store, and the histories of one exporter, apart', () => {
    const marks = new EventMarks();
    const takes = [
      marks.take('build7', place(5)),
      marks.take('build8', place(5)),
      marks.take('build7', place(5, 'def')),
      marks.take('build7', place(5)),
    ];
    expect(takes).toEqual([true, true, true, false]);
  });

  it('forget the oldest history if there are too many', () => {
    const marks = new EventMarks();
    for (let history = 0; history <= 50_000; history++) marks.take(`n${history}`, place(1));
    expect([marks.take('n1', place(1)), marks.take('n0', place(1))]).toEqual([false, true]);
  });

  it('are all forgotten with the log', () => {
    const marks = new EventMarks();
    marks.take('build7', place(5));
    marks.clear();
    expect(marks.take('build7', place(5))).toBe(true);
  });
});
