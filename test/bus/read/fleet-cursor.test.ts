import { describe, expect, it } from '@jest/globals';
import { checkOf, cursorParts, cursorText, epochOf, nanosOf } from '../../../src/bus/read/fleet-cursor.ts';

describe('A cursor of the fleet', () => {
  // printf '%s' 'TMUX_EVENTS2026-03-01T12:00:00Z' | sha256sum, and 'build7abc-7 1772366400123456789': another hub, of any version, must make the same.
  it('is made of the stream, the sequence and the event', () => {
    const cursor = {
      epoch: epochOf('TMUX_EVENTS', '2026-03-01T12:00:00Z'),
      seq: 12,
      check: checkOf('build7', 'abc-7', 1_772_366_400_123_456_789n),
    };
    expect(cursorText(cursor)).toBe('5615bf3b5ad2-12.e0a4');
    expect(cursorParts(cursorText(cursor))).toEqual(cursor);
  });

  it.each([
    '',
    'abc-7',
    '0123456789ab-7',
    '0123456789ab-7.12',
    '0123456789AB-7.1234',
    '0123456789ab--7.1234',
    '0123456789ab-7.1234 ',
  ])('is not %j', (text) => {
    expect(cursorParts(text)).toBeNull();
  });

  it('tells an event from the same one that was stored again', () => {
    expect(checkOf('build7', 'abc-7', 1n)).not.toBe(checkOf('build7', 'abc-7', 2n));
  });

  it.each([
    ['2026-03-01T12:00:00Z', 1_772_366_400_000_000_000n],
    ['2026-03-01T12:00:00.5Z', 1_772_366_400_500_000_000n],
    ['2026-03-01T12:00:00.000000001Z', 1_772_366_400_000_000_001n],
    ['2026-03-01T12:00:00.123456789Z', 1_772_366_400_123_456_789n],
    ['2026-03-01T12:00:00+01:00', null],
    ['', null],
  ])('reads the time %j of the bus', (text, nanos) => {
    expect(nanosOf(text)).toBe(nanos);
  });
});
