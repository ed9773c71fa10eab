import { describe, expect, it } from '@jest/globals';
import { parseJournal, readJournal } from '../../../src/proc/systemd/journald.ts';
import {
  killingOf,
  logsOomKill,
  logsStop,
  oomdKillOf,
  termsOfUnit,
} from '../../../src/proc/systemd/manager-message.ts';
import { FakeCommands } from '../../support/daemon/commands.ts';
import { fixture } from '../../support/machine/fixture.ts';

const CGROUP = '/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service';

function recorded(name: string) {
  return parseJournal(fixture(`journal/${name}.jsonl`));
}

describe('readJournal', () => {
  it('asks for entries since a time that match one of several groups of terms', async () => {
    const commands = new FakeCommands({ journalctl: fixture('journal/stopped.jsonl') });

    const entries = await readJournal(commands.run, 1_700_000_000_900, [
      ['_TRANSPORT=kernel'],
      ['_PID=1', 'UNIT=a.service'],
    ]);

    expect(entries).toHaveLength(3);
    expect(commands.lines).toEqual([
      'journalctl --quiet --no-pager --output=json --output-fields=MESSAGE,MESSAGE_ID,_TRANSPORT,_SYSTEMD_UNIT --since=@1700000000 --lines=10000 _TRANSPORT=kernel + _PID=1 UNIT=a.service',
    ]);
  });

  it('says so if there is no journal', async () => {
    expect(await readJournal(new FakeCommands().run, 0, [['_TRANSPORT=kernel']])).toBeNull();
  });
});

describe('parseJournal', () => {
  it('reads a message that is no UTF-8, and leaves out what is no entry', () => {
    const entries = parseJournal('{"MESSAGE":[104,105,255]}\n[1]\nnull\n{"MESSAGE":null}\nnot json\n\n');

    expect(entries.map(({ message }) => message)).toEqual(['hi\ufffd', '', '']);
  });
});

describe('termsOfUnit', () => {
  it('trusts the manager of the machine, and that of the user, and nobody else', () => {
    const unit = { name: 'tmux.service', session: null, invocation: null };

    expect(termsOfUnit({ ...unit, manager: 'system', uid: null })).toEqual(['_PID=1', 'UNIT=tmux.service']);
    expect(termsOfUnit({ ...unit, manager: 'user', uid: 1000 })).toEqual(['_UID=1000', 'USER_UNIT=tmux.service']);
  });
});

describe('messages of a manager', () => {
  it('report a stop', () => {
    expect(['stopped', 'stop-timed-out'].map((name) => logsStop(recorded(name)))).toEqual([true, true]);
  });

  it('report no stop if the last process of a unit ended by itself', () => {
    expect(logsStop(recorded('ended-by-itself'))).toBe(false);
  });

  it('report the process that was killed because a stop took too long', () => {
    const entries = recorded('stop-timed-out');

    expect([killingOf(entries, 2031), killingOf(entries, 203)]).toEqual([true, false]);
  });

  it('report an OOM kill in the unit', () => {
    expect(['oom-in-unit', 'stopped', 'oomd'].map((name) => logsOomKill(recorded(name)))).toEqual([true, false, false]);
  });
});

describe('messages of systemd-oomd', () => {
  it.each([
    ['the cgroup itself', CGROUP],
    ['one below', `${CGROUP}/pane-1`],
  ])('tell of the kill of %s', (_, cgroup) => {
    expect(oomdKillOf(recorded('oomd').slice(0, 2), cgroup)).toMatch(
      /^Killed \/user\.slice\/.* being 56\.11% > 50\.00%/,
    );
  });

  it.each(['/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service2', '/system.slice/x.service', null])(
    'tell of no kill of %s',
    (cgroup) => {
      expect(oomdKillOf(recorded('oomd').slice(0, 2), cgroup)).toBeNull();
    },
  );

  it('are believed of nobody else', () => {
    const forged = recorded('oomd').map((entry) => ({ ...entry, fromUnit: 'session-3.scope', messageId: null }));

    expect(oomdKillOf(forged, CGROUP)).toBeNull();
  });

  it('reach us through the manager too', () => {
    expect(oomdKillOf(recorded('oomd').slice(2), null)).toMatch(/systemd-oomd killed 55 process/);
  });
});
