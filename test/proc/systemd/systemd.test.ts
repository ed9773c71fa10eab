import { afterEach, describe, expect, it } from '@jest/globals';
import type { SystemdUnit } from '../../../src/core/model/containment.ts';
import { askUnit, isShuttingDown } from '../../../src/proc/systemd/systemd.ts';
import { FakeCommands } from '../../support/daemon/commands.ts';
import { makeTree } from '../../support/machine/file-tree.ts';
import { fixture } from '../../support/machine/fixture.ts';
import { removeFolder } from '../../support/machine/private-folder.ts';

const SYSTEM: SystemdUnit = { name: 'tmux.service', manager: 'system', uid: null, session: null, invocation: null };
const USER: SystemdUnit = { ...SYSTEM, manager: 'user', uid: 1000 };
const ME = process.getuid?.() ?? 0;

let root = '/nonexistent';
afterEach(async () => {
  await removeFolder(root);
  root = '/nonexistent';
});

async function ask(commands: FakeCommands, unit = SYSTEM, ownUid: number | null = ME) {
  root = await makeTree({
    '/run/systemd/system/.keep': '',
    '/run/user/1000/systemd/private': '',
    '/run/user/3000/systemd/private': '',
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\nalice:x:1000:1234::/home/alice:/bin/sh\n',
  });
  return askUnit({ run: commands.run, ownUid, root }, unit);
}

describe('askUnit', () => {
  it.each([
    [
      'running',
      { result: 'success', oomPolicy: 'stop', invocation: 'aa0ed2dc0cbf4149896037aa8053734a', stopping: false },
    ],
    [
      'killed',
      { result: 'signal', oomPolicy: 'stop', invocation: '0c566009af4f4055b6d7426916f2547a', stopping: false },
    ],
    [
      'oom-killed',
      { result: 'oom-kill', oomPolicy: 'stop', invocation: 'aa0ed2dc0cbf4149896037aa8053734a', stopping: false },
    ],
  ])('reads a unit that is %s', async (name, properties) => {
    expect(await ask(new FakeCommands({ 'systemctl show': fixture(`systemctl/${name}.txt`) }))).toEqual(properties);
  });

  it('learns nothing of a unit that systemd has forgotten, whatever it prints', async () => {
    expect(await ask(new FakeCommands({ 'systemctl show': fixture('systemctl/forgotten.txt') }))).toBeNull();
  });

  it('distinguishes a stop job from any other', async () => {
    const show = { 'systemctl show': fixture('systemctl/stopping.txt') };
    const stop = new FakeCommands({ ...show, 'systemctl list-jobs': fixture('systemctl/stop-job.txt') });
    const start = new FakeCommands({ ...show, 'systemctl list-jobs': '66 tx-svc3.service start waiting\n' });

    expect((await ask(stop))?.stopping).toBe(true);
    await removeFolder(root);
    expect((await ask(start))?.stopping).toBe(false);
  });

  it("asks one's own manager", async () => {
    const commands = new FakeCommands();
    await ask(commands, USER, 1000);

    expect(commands.lines).toEqual([
      'env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user show --property=LoadState,Result,OOMPolicy,InvocationID,Job -- tmux.service',
    ]);
  });

  it('passes no name of a unit as an option', async () => {
    const commands = new FakeCommands({
      'systemctl show': fixture('systemctl/stopping.txt'),
      'systemctl list-jobs': fixture('systemctl/stop-job.txt'),
    });
    await ask(commands, { ...SYSTEM, name: '-Hevil.scope' });

    expect(commands.lines.map((line) => line.split(' ').slice(-2))).toEqual([
      ['--', '-Hevil.scope'],
      ['--', '-Hevil.scope'],
    ]);
  });

  it('asks the manager of another user as that user with the group of the account, if we are root', async () => {
    const commands = new FakeCommands();
    await ask(commands, USER, 0);

    expect(commands.lines[0]).toMatch(
      'setpriv --reuid=1000 --regid=1234 --clear-groups env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user show',
    );
  });

  it('asks no manager of a user without an account, whose group is not known', async () => {
    const commands = new FakeCommands();
    await ask(commands, { ...USER, uid: 3000 }, 0);

    expect(commands.lines).toEqual([]);
  });

  it('asks no manager that would not answer', async () => {
    const commands = new FakeCommands();
    await ask(commands, USER, 2000);
    await ask(commands, { ...USER, uid: 4000 }, 0);
    await askUnit({ run: commands.run, ownUid: 0, root: '/nonexistent' }, SYSTEM);

    expect(commands.lines).toEqual([]);
  });

  it('learns nothing if systemd does not answer', async () => {
    expect(await ask(new FakeCommands())).toBeNull();
  });
});

describe('isShuttingDown', () => {
  it.each([
    ['stopping', true],
    ['running', false],
    ['degraded', false],
  ])('of a system that is %s: %s', async (state, expected) => {
    const { run } = new FakeCommands({ 'systemctl show': `SystemState=${state}\n` });
    root = await makeTree({ '/run/systemd/system/.keep': '' });

    expect(await isShuttingDown({ run, ownUid: 0, root })).toBe(expected);
  });

  it('is not asked on a machine without systemd', async () => {
    const commands = new FakeCommands({ 'systemctl show': 'SystemState=stopping\n' });

    expect(await isShuttingDown({ run: commands.run, ownUid: 0, root })).toBe(false);
    expect(commands.lines).toEqual([]);
  });

  it('is not claimed if systemd does not answer', async () => {
    root = await makeTree({ '/run/systemd/system/.keep': '' });
    expect(await isShuttingDown({ run: new FakeCommands().run, ownUid: 0, root })).toBe(false);
  });
});
