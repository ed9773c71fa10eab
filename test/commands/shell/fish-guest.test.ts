import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isInstalled } from '../../support/machine/program.ts';
import { Guest } from '../support/guest.ts';

let guest: Guest;

beforeEach(async () => {
  guest = await Guest.create();
});

afterEach(() => guest.cleanup());

(isInstalled('fish') ? describe : describe.skip)('A fish that somebody else set up', () => {
  it('keeps the status and the pipe for handlers before and after', () => {
    const script = `function early --on-event fish_prompt; echo early $status $pipestatus; end
source init
function late --on-event fish_prompt; echo late $status $pipestatus; end
function fail; return $argv; end
true | fail 1 | fail 3
emit fish_prompt`;
    const parts = { folder: join(guest.home, 'state'), follower: ['false'] };
    expect(guest.run('fish', script, parts)).toContain('early 3 0 1 3\nlate 3 0 1 3\n');
  });

  it('starts the follower in silence: functions with names of commands', () => {
    const started = join(guest.home, 'started');
    const names = 'cd echo math mkdir kill printf sh set_color';
    const script = `for name in ${names}; function $name; builtin printf "%s\\n" called; end; end
source init
__tmux_exporter_prompt
while not test -s ${started}; command sleep 0.01; end
cat ${started}`;
    const follower = ['sh', '-c', 'pwd >"$0"', started];
    expect(guest.run('fish', script, { folder: join(guest.home, 'state', 'deep'), follower })).toBe('/\n');
  });

  it('says nothing if its home cannot be written, neither at its start nor later, and starts no follower', () => {
    const script = `source init
set __tmux_exporter_patience 0
__tmux_exporter_prompt
test -e started; or echo none`;
    const parts = { folder: '/proc/self/nowhere', follower: ['touch', join(guest.home, 'started')] };
    expect(guest.run('fish', `begin; ${script}\nend 2>&1`, parts)).toBe('none\n');
  });
});
