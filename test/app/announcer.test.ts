import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Announcer } from '../../src/app/announcer.ts';
import { whyNoneIsFound } from '../../src/app/finder.ts';
import type { TmuxEvent } from '../../src/core/event/event.ts';
import { upRecord } from '../support/sample/sample.ts';

const EXAMPLE = new URL('../../schema/examples/server-up.json', import.meta.url);
const UP = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as TmuxEvent;

const FINDER = { discover: true, discoverProcesses: true, serverExclude: [] };

interface Line {
  readonly level: string;
  readonly message: string;
}

/** An announcer, and what it logs. */
function listening(): { announcer: Announcer; lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (_: object, message: string) => void lines.push({ level, message });
  const announcer = new Announcer({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') });
  return { announcer, lines };
}

describe('The first screen', () => {
  const records = Array.from({ length: 60 }, (_, index) => upRecord(undefined, { name: `s${index}` }));

  it('names up to five servers in one line, with their sessions', () => {
    const { announcer, lines } = listening();
    announcer.found(records.slice(0, 2), '/tmp/tmux-1000', null);
    expect(lines).toEqual([{ level: 'info', message: 'found 2 tmux servers: s0 (1 session), s1 (1 session)' }]);
  });

  it('sums up more than five', () => {
    const { announcer, lines } = listening();
    announcer.found(records, '/tmp/tmux-1000', null);
    const named = ['s0', 's1', 's2', 's3', 's4'].map((name) => `${name} (1 session)`).join(', ');
    expect(lines).toEqual([{ level: 'info', message: `found 60 tmux servers: ${named} and 55 more` }]);
  });

  it('names the folder if there is no server', () => {
    const { announcer, lines } = listening();
    announcer.found([], '/tmp/tmux-1000', null);
    expect(lines).toEqual([{ level: 'info', message: 'found no tmux server yet in /tmp/tmux-1000' }]);
  });

  it('says why there can be no server', () => {
    const { announcer, lines } = listening();
    announcer.found([], '/tmp/tmux-1000', whyNoneIsFound({ ...FINDER, discover: false, discoverProcesses: false }));
    announcer.found([], '/tmp/tmux-1000', whyNoneIsFound({ ...FINDER, serverExclude: ['work', '*'] }));
    announcer.found([], '/tmp/tmux-1000', whyNoneIsFound({ ...FINDER, discover: false }));
    expect(lines.map(({ message }) => message)).toEqual([
      'found no tmux server: tmux.discover and tmux.discover_processes are off',
      'found no tmux server: tmux.server_exclude leaves out all discovered servers',
      'found no tmux server yet in /tmp/tmux-1000',
    ]);
  });

  it('has no line of its own for a server that is up, but one for a server that is back', () => {
    const { announcer, lines } = listening();
    announcer.event({ ...UP, incident: null }, true);
    announcer.event({ ...UP, incident: 'e-1' }, true);
    announcer.event({ ...UP, incident: null });
    expect(lines.map(({ level }) => level)).toEqual(['debug', 'info', 'info']);
  });
});

describe('Announcer', () => {
  it('logs the problem of a collector once when it begins, and once when it ends', () => {
    const lines: string[] = [];
    const log = (_: object, message: string) => void lines.push(message);
    const announcer = new Announcer({ debug: log, info: log, warn: log, error: log });
    const problems = [null, 'off: there is no /proc to read', 'off: there is no /proc to read', null, null];
    for (const problem of problems) announcer.collection({ collector: 'process', durationMs: 1, problem });
    expect(lines).toEqual([
      'the process collector is off: there is no /proc to read',
      'the process collector is on again',
    ]);
  });
});
