import { afterEach, describe, expect, it } from '@jest/globals';
import { readUnit, unitOfCgroup } from '../../../src/proc/systemd/systemd-unit.ts';
import { makeTree } from '../../support/machine/file-tree.ts';
import { removeFolder } from '../../support/machine/private-folder.ts';

const UNITS: readonly (readonly [
  path: string,
  name: string,
  manager: string,
  uid: number | null,
  session: string | null,
])[] = [
  ['/system.slice/tmux.service', 'tmux.service', 'system', null, null],
  ['/system.slice/system-tmux.slice/tmux@work.service', 'tmux@work.service', 'system', null, null],
  ['/user.slice/user-1000.slice/session-3.scope', 'session-3.scope', 'system', 1000, '3'],
  ['/user.slice/user-0.slice/session-c1.scope', 'session-c1.scope', 'system', 0, 'c1'],
  ['/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service', 'tmux.service', 'user', 1000, null],
  ['/user.slice/user-1000.slice/user@1000.service/tmux.service', 'tmux.service', 'user', 1000, null],
  [
    '/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn-1f.scope',
    'vte-spawn-1f.scope',
    'user',
    1000,
    null,
  ],
  ['/user.slice/user-1000.slice/user@1000.service/app.slice/tmux.service/pane-3', 'tmux.service', 'user', 1000, null],
  ['/user.slice/user-1000.slice/user@1000.service', 'user@1000.service', 'system', null, null],
  ['/system.slice/docker-0d2c4e1f7a35.scope', 'docker-0d2c4e1f7a35.scope', 'system', null, null],
  ['/kubepods.slice/kubepods-burstable.slice/cri-containerd-9a.scope', 'cri-containerd-9a.scope', 'system', null, null],
  ['/machine.slice/libpod-7b.scope/container', 'libpod-7b.scope', 'system', null, null],
  ['/system.slice/app-gnome\\x2dfoo.service', 'app-gnome\\x2dfoo.service', 'system', null, null],
  ['/system.slice/_cgroup.service', 'cgroup.service', 'system', null, null],
];

describe('unitOfCgroup', () => {
  it.each(UNITS)('of %s is %s', (path, name, manager, uid, session) => {
    expect(unitOfCgroup(path)).toEqual({ name, manager, uid, session });
  });

  it.each(['/', '/docker/0d2c4e1f7a35', '/kubepods/burstable/pod1', '/user.slice', '/lxc.payload.a/x.service', ''])(
    'of "%s" is none',
    (path) => {
      expect(unitOfCgroup(path)).toBeNull();
    },
  );

  it.each([
    '/system.slice/--host=evil.scope',
    '/system.slice/_-Hroot@evil.org:m.scope',
    '/user.slice/user-1000.slice/_--machine.scope',
  ])('is none if the name could be taken for an option, escaped or not: %s', (path) => {
    expect(unitOfCgroup(path)).toBeNull();
  });

  it('is that of the manager if the name of the inner one could be taken for an option', () => {
    const path = '/user.slice/user-1000.slice/user@1000.service/_-Hx@evil.org:m.scope';

    expect(unitOfCgroup(path)).toMatchObject({ name: 'user@1000.service', manager: 'system' });
  });
});

describe('readUnit', () => {
  let root = '/nonexistent';
  afterEach(() => removeFolder(root));

  it('distinguishes one run of a unit of the machine from the next', async () => {
    root = await makeTree({ '/run/systemd/units/invocation:tmux.service': { linkTo: 'aa0ed2dc' } });

    expect(readUnit(root, '/system.slice/tmux.service')?.invocation).toBe('aa0ed2dc');
  });

  it('distinguishes one run of a unit of a user from the next', async () => {
    root = await makeTree({ '/run/user/1000/systemd/units/invocation:tmux.service': { linkTo: 'bb' } });

    expect(readUnit(root, '/user.slice/user-1000.slice/user@1000.service/tmux.service')?.invocation).toBe('bb');
  });

  it('has no run if the runtime folder of another user is closed to us', () => {
    expect(readUnit(root, '/system.slice/tmux.service')?.invocation).toBeNull();
  });
});
