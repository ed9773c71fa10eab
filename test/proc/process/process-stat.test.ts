import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isEnding, parseStat } from '../../../src/proc/process/process-stat.ts';
import { statLine } from '../support/stat-line.ts';

describe('parseStat', () => {
  it.each([
    ['a space', 'tmux: server'],
    ['a closing parenthesis', 'a) S 1 2 3'],
    ['nested parentheses', '((x))'],
    ['a newline', 'a\nb'],
    ['nothing', ''],
    ['a whole stat line', statLine('inner', 'Z', '1').trim()],
  ])('reads a command that holds %s', (_, command) => {
    expect(parseStat(statLine(command))).toMatchObject({ command, state: 'S', startTime: '777' });
  });

  it('reads whatever command a process gives itself', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 15 }), (command) => {
        expect(parseStat(statLine(command, 'R', '42'))).toMatchObject({ command, state: 'R', startTime: '42' });
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['no command', '123 S 1 2 3'],
    ['a line that was cut', '123 (tmux: server) S 1 2'],
    ['parentheses the wrong way round', '123 )tmux( S'],
  ])('makes nothing of %s', (_, line) => {
    expect(parseStat(line)).toBeNull();
  });
});

describe('isEnding', () => {
  it.each([
    ['runs', 'R', 0x400000, false],
    ['sleeps', 'S', 0x400100, false],
    ['gives back what it holds', 'R', 0x40010c, true],
    ['has ended', 'Z', 0x40010c, true],
    ['has ended, as another kernel says it', 'X', 0, true],
  ])('of a process that %s', (_, state, flags, expected) => {
    const stat = parseStat(statLine('tmux: server', state).replace(' 9 10 ', ` ${flags} 10 `));
    expect(stat && isEnding(stat)).toBe(expected);
  });
});
