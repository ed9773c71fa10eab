import { afterEach, describe, expect, it } from '@jest/globals';
import { socketsOf } from '../../../src/proc/process/held-sockets.ts';
import { makeTree } from '../../support/machine/file-tree.ts';
import { withOpenFiles } from '../../support/machine/open-files.ts';
import { removeFolder } from '../../support/machine/private-folder.ts';

const onLinux = process.platform === 'linux' ? it : it.skip;

describe('The sockets that a process holds', () => {
  let root = '/nonexistent';
  afterEach(() => removeFolder(root));

  it('are known by their inodes, among all that it has open', async () => {
    root = await makeTree({
      '/7/fd/0': { linkTo: '/dev/null' },
      '/7/fd/1': { linkTo: 'socket:[41]' },
      '/7/fd/2': { linkTo: 'pipe:[42]' },
      '/7/fd/3': { linkTo: 'socket:[43]' },
    });

    expect(socketsOf(root, 7)).toEqual(new Set(['41', '43']));
  });

  onLinux('are known with thousands of descriptors, and not with more than are examined', async () => {
    const find = () => socketsOf('/proc', process.pid);

    expect(await withOpenFiles(3_900, find)).toEqual(expect.any(Set));
    expect(await withOpenFiles(4_097, find)).toBeNull();
  });

  it('are not known if its descriptors may not be listed', () => {
    expect(socketsOf(root, 8)).toBeNull();
  });
});
