import { afterEach, describe, expect, it } from '@jest/globals';
import { judgeCause } from '../../src/core/death/cause.ts';
import type { GoneReason } from '../../src/core/model/server.ts';
import { ContainmentReader } from '../../src/proc/containment.ts';
import { investigate } from '../../src/proc/investigation.ts';
import { FakeCommands } from '../support/daemon/commands.ts';
import { addToTree, makeTree, type TreeEntry } from '../support/machine/file-tree.ts';
import { fixture } from '../support/machine/fixture.ts';
import { removeFolder } from '../support/machine/private-folder.ts';

const PID = 2031;
const SERVICE = '/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service';
const SESSION = '/user.slice/user-1000.slice/session-3.scope';
const INVOCATION = 'aa0ed2dc0cbf4149896037aa8053734a';
const SHOW = 'env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user show';

/** A machine with systemd, on which alice is logged in and the kernel log is closed to her. */
const MACHINE: Readonly<Record<string, TreeEntry>> = {
  '/run/systemd/system/.keep': '',
  '/run/systemd/sessions/3': 'UID=1000\nSTATE=active\n',
  '/run/systemd/users/1000': 'NAME=alice\nSTATE=active\n',
  '/run/user/1000/systemd/private': '',
  '/run/user/1000/systemd/units/invocation:tmux.service': { linkTo: INVOCATION },
  '/proc/self/mountinfo': fixture('cgroup/v2.mountinfo'),
  '/proc/self/ns/pid': { linkTo: 'pid:[4026531836]' },
  '/proc/vmstat': 'oom_kill 0\n',
};

let root = '/nonexistent';
afterEach(async () => {
  await removeFolder(root);
  root = '/nonexistent';
});

interface Case {
  readonly cgroup?: string;
  readonly reason: GoneReason;
  readonly answers?: Readonly<Record<string, string>>;
  /** The files before the death. */
  readonly before?: Readonly<Record<string, TreeEntry>>;
  /** The files that changed with it. */
  readonly after?: Readonly<Record<string, TreeEntry>>;
  readonly readAt?: number;
}

/** Lets a server die, and judges why; `commands` are those that were run for it. */
async function judge({ cgroup = SERVICE, reason, answers = {}, before = {}, after = {} }: Case) {
  const memory = `/sys/fs/cgroup${cgroup}/memory.events.local`;
  const living = { [`/proc/${PID}/cgroup`]: `0::${cgroup}\n`, [memory]: 'oom_kill 0\noom_group_kill 0\n' };
  root = await makeTree({ ...MACHINE, ...living, ...before });
  const reader = new ContainmentReader(() => 10_000, root);
  const containment = reader.read(PID);
  await addToTree(root, after);
  const commands = new FakeCommands(answers);
  const delays: number[] = [];
  const evidence = await investigate(
    containment,
    { pid: PID, reason },
    {
      reader,
      run: commands.run,
      ownUid: 1000,
      now: () => 14_000,
      monotonicMs: () => 1_000_000,
      delay: (ms) => Promise.resolve(delays.push(ms)),
      root,
    },
  );
  return { evidence, finding: judgeCause(evidence), commands: commands.lines, delays };
}

const counted = (kills: number, groupKills = 0): Record<string, TreeEntry> => ({
  [`/sys/fs/cgroup${SERVICE}/memory.events.local`]: `oom_kill ${kills}\noom_group_kill ${groupKills}\n`,
});

describe('investigate', () => {
  it('finds the OOM killer in the count alone, if nothing else may be read', async () => {
    const { finding, evidence } = await judge({ reason: 'crashed', after: counted(1) });

    expect(finding.cause).toBe('oom_kernel');
    expect(evidence).toMatchObject({ windowMs: 4_000, kills: { own: 1 }, kernelLog: { source: null } });
  });

  it('finds a unit that was ended because a child was killed', async () => {
    const answers = { [SHOW]: fixture('systemctl/oom-killed.txt'), journalctl: fixture('journal/oom-in-unit.jsonl') };

    const { finding } = await judge({ reason: 'exited', answers, after: counted(1) });

    expect(finding).toMatchObject({
      cause: 'oom_systemd',
      facts: { kernel_log: 'names_others', oom_kills: 1, unit_result: 'oom-kill', oom_policy: 'stop' },
    });
  });

  it('acquits the kernel if its log in the journal names another process', async () => {
    const answers = { journalctl: fixture('journal/oom-in-unit.jsonl') };

    const { finding } = await judge({ reason: 'crashed', answers, after: counted(1) });

    expect([finding.cause, finding.facts.kernel_log]).toEqual(['unknown', 'names_others']);
  });

  it('finds systemd-oomd', async () => {
    const { finding } = await judge({ reason: 'crashed', answers: { journalctl: fixture('journal/oomd.jsonl') } });

    expect(finding).toMatchObject({ cause: 'oom_systemd', evidence: expect.stringContaining('memory pressure') });
  });

  it('finds a stop in the journal', async () => {
    const { finding } = await judge({ reason: 'exited', answers: { journalctl: fixture('journal/stopped.jsonl') } });

    expect(finding.cause).toBe('unit_stopped');
  });

  it('finds a stop that still runs', async () => {
    const before = { '/run/systemd/units/invocation:tmux.service': { linkTo: '045375329f4845199cdedeb8a48b09c8' } };
    const answers = {
      'systemctl show --property=LoadState': fixture('systemctl/stopping.txt'),
      'systemctl list-jobs': fixture('systemctl/stop-job.txt'),
    };

    const { finding } = await judge({ cgroup: '/system.slice/tmux.service', reason: 'exited', before, answers });

    expect(finding.cause).toBe('unit_stopped');
  });

  it('finds a stop that took too long', async () => {
    const answers = { journalctl: fixture('journal/stop-timed-out.jsonl') };

    expect((await judge({ reason: 'crashed', answers })).finding.cause).toBe('unit_stopped');
  });

  it('finds a machine that is shutting down', async () => {
    const answers = { 'systemctl show --property=SystemState': 'SystemState=stopping\n' };

    expect((await judge({ reason: 'exited', answers })).finding).toMatchObject({
      cause: 'unit_stopped',
      evidence: expect.stringContaining('shutting down'),
    });
  });

  it('finds a session that ended and kills', async () => {
    const answers = { loginctl: 'KillUserProcesses=yes\n', journalctl: fixture('journal/stopped.jsonl') };
    const after = { '/run/systemd/sessions/3': 'UID=1000\nSTATE=closing\n' };

    expect((await judge({ cgroup: SESSION, reason: 'exited', answers, after })).finding.cause).toBe('logout');
  });

  it('finds the last logout of a user without linger', async () => {
    const after = { '/run/systemd/users/1000': 'NAME=alice\nSTATE=closing\n' };

    expect((await judge({ reason: 'exited', after })).finding.cause).toBe('logout');
  });

  it.each<[string, Case]>([
    [
      'a session ended that does not kill',
      {
        cgroup: SESSION,
        reason: 'exited',
        answers: { loginctl: 'KillUserProcesses=no\n' },
        after: { '/run/systemd/sessions/3': 'STATE=closing\n' },
      },
    ],
    [
      'the user who left lingers',
      {
        reason: 'exited',
        before: { '/var/lib/systemd/linger/alice': '' },
        after: { '/run/systemd/users/1000': 'NAME=alice\nSTATE=closing\n' },
      },
    ],
    [
      'the unit ended by itself',
      {
        reason: 'exited',
        answers: { journalctl: fixture('journal/ended-by-itself.jsonl'), [SHOW]: fixture('systemctl/forgotten.txt') },
      },
    ],
    [
      'the unit runs again, and its result is that of another run',
      { reason: 'exited', answers: { [SHOW]: fixture('systemctl/oom-killed.txt').replace(INVOCATION, 'bb') } },
    ],
    ['a signal killed it', { reason: 'crashed', answers: { [SHOW]: fixture('systemctl/killed.txt') } }],
    ['nobody answers', { reason: 'crashed' }],
  ])('does not guess where %s', async (_, given) => {
    expect((await judge(given)).finding.cause).toBe('unknown');
  });

  it('believes no kernel log in another pid namespace, whose pids are not ours', async () => {
    const journalctl = fixture('journal/oom-in-unit.jsonl').replaceAll('2592', String(PID));

    const { evidence } = await judge({
      reason: 'lost',
      answers: { journalctl },
      before: { '/proc/self/ns/pid': { linkTo: 'pid:[4026532198]' } },
    });

    expect(evidence.kernelLog.source).toBeNull();
  });

  it('lets systemd and the journal see the death first, and asks each of them once', async () => {
    const { commands, delays } = await judge({ reason: 'exited' });

    expect(delays).toEqual([1_000]);
    expect(commands.map((line) => line.replace(/ --output.*/, ''))).toEqual([
      'journalctl --quiet --no-pager',
      `${SHOW} --property=LoadState,Result,OOMPolicy,InvocationID,Job -- tmux.service`,
      'systemctl show --property=SystemState',
    ]);
  });

  it.each<[string, Case]>([
    ['the machine was restarted', { reason: 'rebooted' }],
    ['there is no systemd and no unit', { reason: 'crashed', cgroup: '/docker/0d2c' }],
  ])('runs nothing that cannot answer where %s', async (situation, given) => {
    const { commands } = await judge(given);

    expect(commands.filter((line) => situation.includes('restarted') || !line.startsWith('journalctl'))).toEqual([]);
  });

  it('finds out nothing about a server that was never polled, nor without /proc', async () => {
    const commands = new FakeCommands();
    const evidence = await investigate(
      null,
      { pid: PID, reason: 'lost' },
      {
        reader: new ContainmentReader(Date.now, '/nonexistent'),
        run: commands.run,
        ownUid: null,
        now: Date.now,
        monotonicMs: () => 0,
        delay: () => Promise.reject(new Error('expected no delay')),
        root: '/nonexistent',
      },
    );

    expect([judgeCause(evidence).cause, commands.lines]).toEqual(['unknown', []]);
  });
});
