import { describe, expect, it } from '@jest/globals';
import { PsPlatform } from '../../src/proc/ps-platform.ts';

const START = 'Tue Nov 24 01:53:07 2026';
const MARK = { pid: 42, start: START };
const OWNER = { uid: 1000 };

function platform(code: number | null, stdout: string): PsPlatform {
  return new PsPlatform(async () => ({ code, stdout }));
}

describe('PsPlatform', () => {
  it.each([
    ['alive, running', 'alive', 0, `1000 Ss   ${START}     /opt/homebrew/bin/tmux\n`],
    ['alive, stopped', 'alive', 0, `1000 T    ${START}     tmux\n`],
    ['dead, as a zombie', 'dead', 0, `1000 Z    ${START}     (tmux)\n`],
    ['dead, where the pid is another process', 'dead', 0, '1000 Ss   Tue Nov 24 02:00:00 2026     tmux\n'],
    ['dead, where there is no such process', 'dead', 1, ''],
    ['unknown, where ps cannot be run', 'unknown', null, ''],
    ['unknown, where ps says something else', 'unknown', 0, 'usage: ps\n'],
  ])('finds a process %s', async (_, expected, code, stdout) => {
    expect(await platform(code, stdout).liveness(MARK)).toBe(expected);
  });

  it('marks a tmux by pid and start, and nothing else', async () => {
    expect(await platform(0, `1000 Ss   ${START}     /usr/local/bin/tmux\n`).readClaim(42, OWNER)).toEqual({
      mark: MARK,
      proof: 'unseen',
      details: null,
    });
    expect(await platform(0, `1000 Ss   ${START}     /bin/zsh\n`).readClaim(42, OWNER)).toBeNull();
    expect(await platform(1, '').readClaim(42, OWNER)).toBeNull();
  });

  it('does not mark the tmux of another user than the owner of the socket', async () => {
    const ps = platform(0, `1000 Ss   ${START}     tmux\n`);
    expect(await ps.readClaim(42, { uid: 1001 })).toBeNull();
  });
});
