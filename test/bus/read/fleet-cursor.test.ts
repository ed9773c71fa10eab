import { describe, expect, it } from '@jest/globals';
import { checkOf, cursorParts, cursorText, epochOf } from '../../../src/bus/read/fleet-cursor.ts';

describe('A cursor of the fleet', () => {
  // printf '%s' 'TMUX_EVENTS2026-03-01T12:00:00Z' | sha256sum, and build7abc-7: another hub, of any version, must make the same.
  it('is made of the stream, the sequence and the event', () => {
    const cursor = {
      epoch: epochOf('TMUX_EVENTS', '2026-03-01T12:00:00Z'),
      seq: 12,
      check: checkOf('build7', 'abc-7'),
    };
    expect(cursorText(cursor)).toBe('5615bf3b5ad2-12.e63c');
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
});
