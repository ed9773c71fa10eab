import { describe, expect, it } from '@jest/globals';
import type { Environment } from '../../src/app/environment.ts';
import { endLeftoverWatches } from '../../src/app/leftover-watches.ts';

const LINES = [
  '  101 tmux -u -S /tmp/tmux-1000/work wait-for tmux-exporter-50-12345',
  '  102 tmux -u -S /tmp/tmux-1000/work wait-for tmux-exporter-60-12345',
  '  103 tmux -u -S /tmp/tmux-1000/work wait-for tmux-exporter-70-99999',
  '  104 tmux -u -S /tmp/tmux-1000/work wait-for somebody-elses',
  '  105 vim wait-for tmux-exporter-50-12345 notes',
  '  106 tmux new-session',
  '',
];

/** Daemon 50 is dead, 60 lives, 70 is ourselves. */
function environment(signals: [number, string | 0][]): Environment {
  const signal = (pid: number, name: NodeJS.Signals | 0) => {
    if (name === 0 && pid === 50) throw Object.assign(new Error('no such process'), { code: 'ESRCH' });
    if (name !== 0) signals.push([pid, name]);
  };
  return { watchChannel: 'tmux-exporter-70-99999', signal } as unknown as Environment;
}

describe('endLeftoverWatches', () => {
  it('ends the watches of a dead daemon, and nobody else', async () => {
    const signals: [number, string | 0][] = [];
    const run = async () => ({ code: 0, stdout: LINES.join('\n') });
    expect(await endLeftoverWatches(run, environment(signals))).toBe(1);
    expect(signals).toEqual([[101, 'SIGTERM']]);
  });

  it('does nothing where ps cannot tell', async () => {
    const signals: [number, string | 0][] = [];
    expect(await endLeftoverWatches(async () => ({ code: null, stdout: '' }), environment(signals))).toBe(0);
    expect(signals).toEqual([]);
  });
});
