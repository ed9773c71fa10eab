import { afterEach, describe, expect, it } from '@jest/globals';
import { findReaper } from '../../../src/proc/systemd/tmp-reapers.ts';
import { makeTree } from '../../support/machine/file-tree.ts';
import { removeFolder } from '../../support/machine/private-folder.ts';

const SOCKET = '/tmp/tmux-1000/default';

let root = '/nonexistent';
afterEach(async () => {
  await removeFolder(root);
  root = '/nonexistent';
});

async function findWith(files: Readonly<Record<string, string>>) {
  root = await makeTree(files);
  return findReaper(root, SOCKET);
}

describe('findReaper, of tmpreaper', () => {
  const find = (config: string) =>
    findWith({ '/etc/cron.daily/tmpreaper': '#!/bin/sh\n', '/etc/tmpreaper.conf': config });

  it('warns if it deletes sockets too', async () => {
    expect(await find("TMPREAPER_ADDITIONALOPTIONS='--all'\n")).toEqual({
      cleaner: 'tmpreaper',
      rule: '/etc/tmpreaper.conf',
      folder: '/tmp',
      socket: SOCKET,
    });
  });

  it.each([
    [
      'it is as it is shipped',
      "SHOWWARNING=true\nTMPREAPER_TIME=7d\nTMPREAPER_DIRS='/tmp/.'\nTMPREAPER_ADDITIONALOPTIONS=''\n",
    ],
    ['it waits for its warning to be read', "SHOWWARNING=true\nTMPREAPER_ADDITIONALOPTIONS='--all'\n"],
    ['it cleans elsewhere', "TMPREAPER_DIRS='/var/tmp/.'\nTMPREAPER_ADDITIONALOPTIONS='-a'\n"],
    ['it is told to protect it', "TMPREAPER_PROTECT_EXTRA='/tmp/tmux-*'\nTMPREAPER_ADDITIONALOPTIONS='-a'\n"],
    [
      'it is told to protect what is in the folder',
      "TMPREAPER_PROTECT_EXTRA='/tmp/tmux-1000/*'\nTMPREAPER_ADDITIONALOPTIONS='-a'\n",
    ],
    ['its options only look like it', "TMPREAPER_ADDITIONALOPTIONS='--mtime-dir'\n"],
  ])('does not where %s', async (_, config) => {
    expect(await find(config)).toBeNull();
  });

  it('does not if cron does not run it', async () => {
    expect(await findWith({ '/etc/tmpreaper.conf': "TMPREAPER_ADDITIONALOPTIONS='--all'\n" })).toBeNull();
  });
});

describe('findReaper, of tmpwatch', () => {
  const find = (script: string) => findWith({ '/etc/cron.daily/tmpwatch': `#! /bin/sh\n${script}` });
  const SHIPPED = `flags=-umc
/usr/sbin/tmpwatch "$flags" -x /tmp/.X11-unix -x /tmp/.XIM-unix \\
\t-x /tmp/.font-unix -X '/tmp/hsperfdata_*' 10d /tmp
/usr/sbin/tmpwatch "$flags" 30d /var/tmp
`;

  it.each([
    ['by its flags', SHIPPED.replace('-umc', '-umca')],
    ['by its command', SHIPPED.replace('10d /tmp', '--all 10d /tmp')],
    ['on a path with a slash', '/usr/sbin/tmpwatch --all 10d /tmp/\n'],
  ])('warns where it is told to delete sockets too, %s', async (_, script) => {
    expect(await find(script)).toMatchObject({ cleaner: 'tmpwatch', rule: '/etc/cron.daily/tmpwatch', folder: '/tmp' });
  });

  it.each([
    ['it is as it is shipped', SHIPPED],
    ['it cleans elsewhere', '/usr/sbin/tmpwatch --all 10d /var/tmp\n'],
    ['it is told to exclude the folder', '/usr/sbin/tmpwatch -a -x /tmp/tmux-1000 10d /tmp\n'],
    ['it is told to exclude the pattern', "/usr/sbin/tmpwatch -a '--exclude-pattern=/tmp/tmux-*' 10d /tmp\n"],
    ['the command is a comment', '# /usr/sbin/tmpwatch --all 10d /tmp\n'],
  ])('does not where %s', async (_, script) => {
    expect(await find(script)).toBeNull();
  });
});

describe('findReaper', () => {
  it('finds nothing on a machine without either', () => {
    expect(findReaper(root, SOCKET)).toBeNull();
  });
});
