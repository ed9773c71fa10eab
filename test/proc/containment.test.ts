import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Containment } from '../../src/core/model/containment.ts';
import { ContainmentReader } from '../../src/proc/containment.ts';
import { addToTree, makeTree, type TreeEntry } from '../support/machine/file-tree.ts';
import { fixture } from '../support/machine/fixture.ts';
import { removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

const USER = '/sys/fs/cgroup/user.slice/user-1000.slice';
const TMUX = `${USER}/user@1000.service/app.slice/tmux.service`;

function events(kills: number, groupKills = 0): string {
  return `low 0\nhigh 0\nmax 12\noom 1\noom_kill ${kills}\noom_group_kill ${groupKills}\n`;
}

function vmstat(kills: number): string {
  return `nr_free_pages 100\noom_kill ${kills}\nthp_split_page 3\n`;
}

/** A machine with cgroup v2 and a tmux server, pid 42, in a service of its user. */
const V2: Readonly<Record<string, TreeEntry>> = {
  '/proc/self/mountinfo': fixture('cgroup/v2.mountinfo'),
  '/proc/42/cgroup': fixture('cgroup/v2.cgroup'),
  '/proc/vmstat': vmstat(5),
  '/run/user/1000/systemd/units/invocation:tmux.service': { linkTo: 'aa' },
  [`${TMUX}/memory.events.local`]: events(1),
  [`${TMUX}/memory.events`]: events(2),
  [`${TMUX}/cgroup.procs`]: '42\n43\n44\n',
  [`${USER}/memory.events`]: events(4),
  '/sys/fs/cgroup/user.slice/memory.events': events(4),
};

let root: string;
let now: number;

async function readerOf(entries: Readonly<Record<string, TreeEntry>>): Promise<ContainmentReader> {
  root = await makeTree(entries);
  return new ContainmentReader(() => now, root);
}

function look(reader: ContainmentReader, pid = 42): Containment {
  const containment = reader.read(pid);
  if (!containment) throw new Error(`expected the containment of ${pid}`);
  return containment;
}

beforeEach(() => {
  root = '/nonexistent';
  now = 1_000;
});
afterEach(() => removeFolder(root));

describe('ContainmentReader, where a server lives', () => {
  it('reads the counts of its own cgroup, not those below, and those of all ancestors', async () => {
    const reader = await readerOf(V2);

    expect(look(reader)).toEqual({
      readAt: 1_000,
      cgroup: '/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service',
      unit: { name: 'tmux.service', manager: 'user', uid: 1000, session: null, invocation: 'aa' },
      memory: {
        version: 2,
        cgroup: '/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service',
        inode: expect.any(Number),
        kills: 1,
        groupKills: 0,
        above: [
          { cgroup: '/user.slice/user-1000.slice', kills: 4 },
          { cgroup: '/user.slice', kills: 4 },
        ],
      },
      machineKills: 5,
    });
  });

  it('can be kept as JSON', async () => {
    const containment = look(await readerOf(V2));

    expect(JSON.parse(JSON.stringify(containment))).toEqual(containment);
  });

  it('reads memory.events if the kernel has no count of one cgroup alone', async () => {
    const { [`${TMUX}/memory.events.local`]: _, ...older } = V2;

    expect(look(await readerOf(older)).memory?.kills).toBe(2);
  });

  it('goes up to the cgroup that memory is charged to if its own has no memory controller', async () => {
    const charged = Object.entries(V2).filter(([path]) => !path.startsWith(`${TMUX}/memory`));

    expect(look(await readerOf(Object.fromEntries(charged))).memory).toMatchObject({
      cgroup: '/user.slice/user-1000.slice',
      kills: 4,
      above: [{ cgroup: '/user.slice', kills: 4 }],
    });
  });

  it.each([
    [64, 4],
    [65, undefined],
  ])('of %i nested cgroups reads the kills %s: a user can nest thousands', async (levels, kills) => {
    const path = '/a'.repeat(levels);
    const nested = { '/proc/42/cgroup': `0::${path}\n`, [`/sys/fs/cgroup${path}/cgroup.procs`]: '42\n' };

    expect(look(await readerOf({ ...V2, ...nested, '/sys/fs/cgroup/a/memory.events': events(4) })).memory?.kills).toBe(
      kills,
    );
  });

  it('reads the memory controller of v1, also beside v2', async () => {
    const reader = await readerOf({
      '/proc/self/mountinfo': fixture('cgroup/hybrid.mountinfo'),
      '/proc/42/cgroup': fixture('cgroup/hybrid.cgroup'),
      '/sys/fs/cgroup/memory/app.slice/tx-tmux.scope/memory.oom_control':
        'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
    });

    expect(look(reader)).toMatchObject({
      unit: { name: 'tx-tmux.scope' },
      memory: { version: 1, cgroup: '/app.slice/tx-tmux.scope', kills: 3, groupKills: null, above: [] },
      machineKills: null,
    });
  });

  it('does without a count before Linux 4.13', async () => {
    const reader = await readerOf({
      '/proc/self/mountinfo': fixture('cgroup/v1.mountinfo'),
      '/proc/42/cgroup': fixture('cgroup/v1.cgroup'),
      '/sys/fs/cgroup/memory/user.slice/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n',
    });

    expect(look(reader).memory).toMatchObject({ cgroup: '/user.slice', kills: null });
  });

  it("finds a container's own part of a hierarchy", async () => {
    const reader = await readerOf({
      '/proc/self/mountinfo': fixture('cgroup/docker-v1.mountinfo'),
      '/proc/42/cgroup': fixture('cgroup/docker-v1.cgroup'),
      '/sys/fs/cgroup/memory/memory.oom_control': 'oom_kill 7\n',
    });

    expect(look(reader)).toMatchObject({ unit: null, memory: { cgroup: '/docker/0d2c4e1f7a35', kills: 7 } });
  });

  it('reads a cgroup once a second for all servers in it', async () => {
    const cgroup = V2['/proc/42/cgroup'] ?? '';
    const reader = await readerOf({ ...V2, '/proc/43/cgroup': cgroup, '/proc/44/cgroup': '0::/user.slice\n' });
    const before = look(reader);
    await writeFile(join(root, TMUX, 'memory.events.local'), 'oom_kill 9\n');
    now += 999;
    const shared = look(reader, 43);
    const elsewhere = look(reader, 44);
    now += 1;

    expect(shared).toBe(before);
    expect(elsewhere.cgroup).toBe('/user.slice');
    expect(look(reader, 43)).toMatchObject({ readAt: 2_000, memory: { kills: 9 } });
  });

  it('counts the processes beside it', async () => {
    const reader = await readerOf(V2);

    expect(reader.companions(42, look(reader))).toBe(2);
  });

  it('sees nothing without /proc', () => {
    expect(new ContainmentReader(() => now, '/nonexistent').read(42)).toBeNull();
  });
});

describe('ContainmentReader, after a death', () => {
  it('reports how the counts rose', async () => {
    const reader = await readerOf(V2);
    const before = look(reader);
    await addToTree(root, { [`${TMUX}/memory.events.local`]: events(3, 1), '/proc/vmstat': vmstat(9) });

    expect(reader.compare(before)).toEqual({
      cgroup: before.memory?.cgroup,
      vanished: false,
      own: 2,
      group: 1,
      above: null,
      machine: 4,
    });
  });

  it('says that the cgroup is gone, and reads the nearest ancestor that is not', async () => {
    const reader = await readerOf(V2);
    const before = look(reader);
    await removeFolder(`${root}${USER}`);
    await addToTree(root, { '/sys/fs/cgroup/user.slice/memory.events': events(6) });

    expect(reader.compare(before)).toMatchObject({
      vanished: true,
      own: null,
      group: null,
      above: { cgroup: '/user.slice', kills: 2 },
    });
  });

  it('takes a cgroup that was made anew for what it is', async () => {
    const reader = await readerOf(V2);
    const before = look(reader);
    await rename(`${root}${TMUX}`, `${root}/old`);
    await mkdir(`${root}${TMUX}`);
    await addToTree(root, { [`${TMUX}/memory.events.local`]: events(9) });

    expect(reader.compare(before)).toMatchObject({ vanished: true, own: null });
  });

  it('concludes nothing from a count that fell', async () => {
    const reader = await readerOf(V2);
    const before = look(reader);
    await addToTree(root, { '/proc/vmstat': vmstat(0) });

    expect(reader.compare(before).machine).toBeNull();
  });

  it('compares with containment that another daemon kept', async () => {
    const kept = JSON.parse(JSON.stringify(look(await readerOf(V2)))) as Containment;
    await addToTree(root, { [`${TMUX}/memory.events.local`]: events(2) });

    expect(new ContainmentReader(() => now, root).compare(kept).own).toBe(1);
  });
});

describe('ContainmentReader, on this machine', () => {
  it('sees where a real tmux server lives', async () => {
    const server = await TmuxServer.start();
    try {
      expect(look(new ContainmentReader(Date.now), server.pid).cgroup).toMatch(/^\//);
    } finally {
      await server.cleanup();
    }
  });
});
