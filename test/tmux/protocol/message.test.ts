import { describe, expect, it } from '@jest/globals';
import { NotAFrame } from '../../../src/tmux/protocol/frame.ts';
import { openingBytes } from '../../../src/tmux/protocol/message.ts';

const NAME = Buffer.from('list-sessions\0-F\0#S\0').toString('hex');

/** Type, length, version and pid; then the data. */
const OPENING = [
  ['IDENTIFY_FLAGS: UTF-8', '64000000 14000000 08000000 00000000', '00000100'],
  ['IDENTIFY_TERM: empty', '65000000 11000000 08000000 00000000', '00'],
  ['IDENTIFY_TTYNAME: empty', '66000000 11000000 08000000 00000000', '00'],
  ['IDENTIFY_CWD: /', '6c000000 12000000 08000000 00000000', '2f00'],
  ['IDENTIFY_CLIENTPID: 4242', '6b000000 14000000 08000000 00000000', '92100000'],
  ['IDENTIFY_DONE', '6a000000 10000000 08000000 00000000', ''],
  ['COMMAND: three arguments', 'c8000000 28000000 08000000 00000000', `03000000${NAME}`],
];

describe('openingBytes', () => {
  it('identifies a client without a terminal and gives its command, byte for byte', () => {
    const expected = OPENING.map(([, header = '', data]) => header.replaceAll(' ', '') + data).join('');
    expect(openingBytes(['list-sessions', '-F', '#S'], 4_242).toString('hex')).toBe(expected);
  });

  it('gives the arguments in UTF-8, each with its NUL, an empty one too', () => {
    const opening = openingBytes(['ü', '', ';', '日本'], 1);
    expect(opening.subarray(-16)).toEqual(Buffer.from('\u0004\0\0\0ü\0\0;\0日本\0').subarray(-16));
  });

  it('takes a command that just fits into one frame, and throws for one byte more', () => {
    const longest = 'x'.repeat(16_384 - 16 - 4 - 1);
    expect(openingBytes([longest], 1).subarray(-3).toString()).toBe('xx\0');
    expect(() => openingBytes([`${longest}x`], 1)).toThrow(NotAFrame);
  });
});
