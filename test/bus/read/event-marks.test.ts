import { describe, expect, it } from '@jest/globals';
import { EventMarks } from '../../../src/bus/read/event-marks.ts';

const place = (seq: number, epoch = 'abc') => ({ epoch, seq });

describe('The marks of histories', () => {
  it('tell an event that was read before', () => {
    const marks = new EventMarks();
    expect([1, 2, 2, 1, 3].map((seq) => marks.take('build7', place(seq)))).toEqual([0, 0, -1, -1, 0]);
  });

  it('tell how many events were jumped over, but not before the first', () => {
    const marks = new EventMarks();
    expect([7, 10].map((seq) => marks.take('build7', place(seq)))).toEqual([0, 2]);
  });

  it('tell exporters with copies of one store, and the histories of one exporter, apart', () => {
    const marks = new EventMarks();
    marks.take('build7', place(5));
    expect(marks.take('build8', place(5))).toBe(0);
    expect(marks.take('build7', place(5, 'def'))).toBe(0);
    expect(marks.take('build7', place(5))).toBe(-1);
    expect([marks.of('build7', 'abc'), marks.of('build7', 'xyz')]).toEqual([5, undefined]);
  });

  it('forget the oldest history if there are too many', () => {
    const marks = new EventMarks();
    for (let history = 0; history <= 50_000; history++) marks.take(`n${history}`, place(1));
    expect([marks.of('n0', 'abc'), marks.of('n1', 'abc'), marks.of('n50000', 'abc')]).toEqual([undefined, 1, 1]);
  });
});
