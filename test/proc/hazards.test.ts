import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { judgeHazards } from '../../src/core/death/hazard.ts';
import type { Containment } from '../../src/core/model/containment.ts';
import { ContainmentReader } from '../../src/proc/containment.ts';
import { type EndangeredServer, findHazards } from '../../src/proc/hazards.ts';
import { FakeCommands } from '../support/daemon/commands.ts';
import { makeTree, type TreeEntry } from '../support/machine/file-tree.ts';
import { fixture } from '../support/machine/fixture.ts';
import { removeFolder } from '../support/machine/private-folder.ts';
import { samplePatient } from '../support/sample/sample.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

const SERVICE = '/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service';
const SESSION = '/user.slice/user-1000.slice/session-3.scope';
const SOCKET = '/tmp/tmux-1000/default';
const CLEANING = { '/usr/lib/tmpfiles.d/tmp.conf': 'q /tmp 1777 root root 10d\n' };

function listening(path: string): string {
  return `Num RefCount Protocol Flags Type St Inode Path\n0000000000000000: 00000002 00000000 00010000 0001 01 12345 ${path}\n`;
}

/** A machine with systemd, on which alice is logged in and runs a server, pid 42. */
const MACHINE: Readonly<Record<string, TreeEntry>> = {
  '/run/systemd/system/.keep': '',
  '/run/systemd/users/1000': 'NAME=alice\nSTATE=active\n',
  '/run/user/1000/systemd/private': '',
  '/proc/self/mountinfo': fixture('cgroup/v2.mountinfo'),
  '/proc/1/net/unix': listening(SOCKET),
  [`/sys/fs/cgroup${SERVICE}/cgroup.procs`]: '42\n43\n',
  [SOCKET]: '',
};

let root = '/nonexistent';
afterEach(async () => {
  await removeFolder(root);
  root = '/nonexistent';
});

interface Situation {
  readonly cgroup?: string | null;
  readonly files?: Readonly<Record<string, TreeEntry>>;
  readonly commands?: FakeCommands;
  readonly server?: Partial<EndangeredServer>;
}

async function find({ cgroup = SERVICE, files = {}, commands = new FakeCommands(), server = {} }: Situation = {}) {
  root = await makeTree({ ...MACHINE, ...files, ...(cgroup === null ? {} : { '/proc/42/cgroup': `0::${cgroup}\n` }) });
  const reader = new ContainmentReader(() => 0, root);
  const containment: Containment | null = reader.read(42);
  const endangered = {
    patient: samplePatient({ socket: SOCKET }),
    socketLost: false,
    version: '3.5a',
    containment,
    ...server,
  };
  const search = { run: commands.run, ownUid: 1000, binary: 'tmux', path: '/nonexistent', reader, root };
  return judgeHazards(await findHazards(endangered, search));
}

function asked(answer: string): FakeCommands {
  return new FakeCommands({
    'env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user show': answer,
    loginctl: 'KillUserProcesses=yes\n',
  });
}

describe('findHazards', () => {
  it('reports a unit that ends as a whole', async () => {
    expect(await find({ commands: asked(fixture('systemctl/running.txt')) })).toContainEqual({
      hazard: 'oom_policy_stop',
      holds: true,
      cure: expect.stringContaining('tmux.service'),
    });
  });

  it('reports that the server is alone in its unit', async () => {
    const files = { [`/sys/fs/cgroup${SERVICE}/cgroup.procs`]: '42\n' };

    expect(await find({ files, commands: asked(fixture('systemctl/running.txt')) })).toContainEqual({
      hazard: 'oom_policy_stop',
      holds: false,
      cure: '',
    });
  });

  it.each([
    ['a server in a session that kills', { cgroup: SESSION }, true],
    [
      'a server in a session that does not',
      { cgroup: SESSION, commands: new FakeCommands({ loginctl: 'KillUserProcesses=no\n' }) },
      false,
    ],
    [
      'a server in a session that kills, of a user that lingers',
      { cgroup: SESSION, files: { '/var/lib/systemd/linger/alice': '' } },
      true,
    ],
    ['a server below the manager of a user', {}, true],
    ['a server below the manager of a user that lingers', { files: { '/var/lib/systemd/linger/alice': '' } }, false],
    ['a server of the machine', { cgroup: '/system.slice/tmux.service' }, false],
    ['a server outside of systemd', { cgroup: '/docker/0d2c' }, false],
  ])('tells what a logout does to %s', async (_, situation, holds) => {
    const findings = await find({ commands: asked(''), ...situation });

    expect(findings.find(({ hazard }) => hazard === 'kill_on_logout')?.holds).toBe(holds);
  });

  it.each([
    ['nothing cleans', {}, false],
    ['systemd-tmpfiles cleans, and the kernel lists the socket', { files: CLEANING }, false],
    [
      'systemd-tmpfiles cleans, and the socket is in another network namespace',
      { files: { ...CLEANING, '/proc/1/net/unix': listening('/tmp/other') } },
      true,
    ],
    [
      'systemd-tmpfiles cleans, and the socket was bound through a link',
      {
        files: { ...CLEANING, '/work': { linkTo: 'tmp' }, '/proc/1/net/unix': listening('/work/tmux-1000/default') },
        server: { patient: samplePatient({ socket: '/work/tmux-1000/default' }) },
      },
      true,
    ],
    [
      'the same, and the kernel lists where the link leads',
      {
        files: { ...CLEANING, '/work': { linkTo: 'tmp' } },
        server: { patient: samplePatient({ socket: '/work/tmux-1000/default' }) },
      },
      false,
    ],
    [
      'systemd-tmpfiles is told to exempt it',
      {
        files: {
          ...CLEANING,
          '/proc/1/net/unix': listening('/tmp/other'),
          '/etc/tmpfiles.d/tmux.conf': 'x /tmp/tmux-*\n',
        },
      },
      false,
    ],
    [
      'tmpreaper cleans all',
      { files: { '/etc/cron.daily/tmpreaper': '', '/etc/tmpreaper.conf': "TMPREAPER_ADDITIONALOPTIONS='--all'\n" } },
      true,
    ],
  ])('tells of a cleaner where %s', async (_, situation, holds) => {
    const findings = await find(situation);

    expect(findings.find(({ hazard }) => hazard === 'tmp_cleaner')?.holds).toBe(holds);
  });

  it('is silent about what cannot be seen', async () => {
    expect(await find({ cgroup: null, server: { patient: samplePatient({ socket: '/tmp/gone' }) } })).toEqual([
      { hazard: 'socket_lost', holds: false, cure: '' },
    ]);
  });

  it('reports a lost socket', async () => {
    expect(await find({ cgroup: null, server: { socketLost: true } })).toContainEqual({
      hazard: 'socket_lost',
      holds: true,
      cure: expect.stringContaining('kill -USR1 42'),
    });
  });
});

describe('findHazards, of a real server', () => {
  let server: TmuxServer;
  beforeAll(async () => {
    server = await TmuxServer.start();
  });
  afterAll(() => server.cleanup());

  it.each([
    ['the tmux in use is the one that it runs', 'tmux', {}, false],
    ['the tmux in use is another file of the same version', 'cat', { 'cat -V': 'tmux 3.5a\n' }, false],
    ['the tmux in use has another version', 'cat', { 'cat -V': 'tmux 3.6b\n' }, true],
    ['the tmux in use is built from git', 'cat', { 'cat -V': 'tmux next-3.8\n' }, true],
    ['the tmux in use does not say its version', 'cat', {}, undefined],
    ['the tmux in use is another program', 'cat', { 'cat -V': 'cat (GNU coreutils) 9.1\n' }, undefined],
  ])('tells of version skew where %s', async (_, binary, answers, holds) => {
    const { pid, socket } = server;
    const endangered = {
      patient: samplePatient({ pid, socket }),
      socketLost: false,
      version: '3.5a',
      containment: null,
    };
    const { run } = new FakeCommands(answers);
    const reader = new ContainmentReader(Date.now);
    const search = { run, ownUid: 0, binary, path: process.env['PATH'] ?? '', reader };

    const findings = judgeHazards(await findHazards(endangered, search));

    expect(findings.find(({ hazard }) => hazard === 'version_skew')?.holds).toBe(holds);
  });
});
