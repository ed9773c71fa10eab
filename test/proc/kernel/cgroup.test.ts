import { describe, expect, it } from '@jest/globals';
import { folderOfCgroup, parentCgroup, parseCgroupMounts, parseCgroups } from '../../../src/proc/kernel/cgroup.ts';
import { fixture } from '../../support/machine/fixture.ts';

describe('parseCgroups', () => {
  it.each([
    [
      'v2',
      '/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service',
      2,
      '/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service',
    ],
    ['v1', '/user.slice/user-1000.slice/session-3.scope', 1, '/user.slice'],
    ['hybrid', '/app.slice/tx-tmux.scope', 1, '/app.slice/tx-tmux.scope'],
    ['docker-v1', '/docker/0d2c4e1f7a35', 1, '/docker/0d2c4e1f7a35'],
  ])('finds where systemd and where the memory controller has a process: %s', (name, systemd, version, path) => {
    expect(parseCgroups(fixture(`cgroup/${name}.cgroup`))).toEqual({ systemd, memory: { version, path } });
  });

  it('keeps a colon in a path', () => {
    expect(parseCgroups('0::/a:b/c.scope\n').systemd).toBe('/a:b/c.scope');
  });

  it("uses systemd's own hierarchy if the unified one has everything in its root", () => {
    expect(parseCgroups('1:name=systemd:/system.slice/tmux.service\n0::/\n').systemd).toBe(
      '/system.slice/tmux.service',
    );
  });

  it('finds nothing in what is no list of cgroups', () => {
    expect(parseCgroups('hello\n')).toEqual({ systemd: null, memory: null });
  });
});

describe('parseCgroupMounts', () => {
  it.each([
    ['v2', '/sys/fs/cgroup', undefined],
    ['v1', undefined, '/sys/fs/cgroup/memory'],
    ['hybrid', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/memory'],
    ['docker-v1', undefined, '/sys/fs/cgroup/memory'],
  ])('finds the hierarchies that count: %s', (name, unified, memory) => {
    const mounts = parseCgroupMounts(fixture(`cgroup/${name}.mountinfo`));

    expect([mounts.unified?.mountPoint, mounts.memory?.mountPoint]).toEqual([unified, memory]);
  });

  it('reads a mount point with a space', () => {
    const { unified } = parseCgroupMounts('33 24 0:28 / /a\\040b rw shared:9 - cgroup2 cgroup2 rw\n');

    expect(unified).toEqual({ root: '/', mountPoint: '/a b' });
  });
});

describe('folderOfCgroup', () => {
  const whole = { root: '/', mountPoint: '/sys/fs/cgroup' };
  const part = { root: '/docker/0d2c', mountPoint: '/sys/fs/cgroup/memory' };

  it.each([
    [whole, '/', '/sys/fs/cgroup'],
    [whole, '/a.slice/b.scope', '/sys/fs/cgroup/a.slice/b.scope'],
    [whole, '/../other.scope', null],
    [part, '/docker/0d2c', '/sys/fs/cgroup/memory'],
    [part, '/docker/0d2c/job', '/sys/fs/cgroup/memory/job'],
    [part, '/docker/0d2c4e', null],
    [part, '/', null],
  ])('of %j, %s: %s', (mount, path, folder) => {
    expect(folderOfCgroup(mount, path)).toBe(folder);
  });
});

describe('parentCgroup', () => {
  it.each([
    ['/a/b', '/a'],
    ['/a', '/'],
    ['/', null],
  ])('of %s: %s', (path, parent) => {
    expect(parentCgroup(path)).toBe(parent);
  });
});
