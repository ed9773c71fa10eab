import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ownSockets } from '../../../src/proc/process/own-sockets.ts';
import { makeTree } from '../../support/machine/file-tree.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { listenOn } from '../../support/tmux/stale-socket.ts';

const HELD = [
  { inode: '1', path: '/run/database' },
  { inode: '2', path: '/home/me/own' },
];

/** More than is read of a server's arguments or variables. */
const LONG = 'x'.repeat(128 * 1024);

describe('The own sockets of a server', () => {
  let root = '/nonexistent';
  afterEach(() => removeFolder(root));

  async function own(cmdline: readonly string[], environ: readonly string[]): Promise<readonly string[]> {
    root = await makeTree({ '/7/cmdline': `${cmdline.join('\0')}\0`, '/7/environ': `${environ.join('\0')}\0` });
    return ownSockets(root, 7, HELD).map(({ path }) => path);
  }

  it.each([
    [['tmux', '-S', '/home/me/own'], []],
    [['tmux', '-2S/home/me/own'], []],
    [['tmux'], ['HOME=/home/me', 'TMUX=/home/me/own,42,0']],
  ])('started with %j and %j are those named there', async (cmdline, environ) => {
    expect(await own(cmdline, environ)).toEqual(['/home/me/own']);
  });

  it('are found before the rest of a text that somebody made long', async () => {
    expect(await own(['tmux', '-S', '/home/me/own', LONG], [])).toEqual(['/home/me/own']);
  });

  it('are not known if they are named only after more than is read', async () => {
    expect(await own(['tmux', LONG, '-S', '/home/me/own'], [LONG, 'TMUX=/home/me/own,42,0'])).toEqual([]);
  });

  it.each([
    ['a relative path, if there is its file', ['tmux'], ['@own']],
    ['a relative path, if it was started with it', ['tmux', '-S', '@lost'], ['@own', '@lost']],
  ])('can have a name that looks abstract: %s', async (_, cmdline, found) => {
    const folder = await makePrivateFolder();
    const listener = await listenOn(join(folder, '@own'));
    root = await makeTree({ '/7/cmdline': `${cmdline.join('\0')}\0`, '/7/environ': '', '/7/cwd': { linkTo: folder } });
    const names = ['@own', '@lost', '@/tmp/.X11-unix/X0'].map((path) => ({ inode: path, path }));

    const each = names.flatMap((held) => ownSockets(root, 7, [held]).map(({ path }) => path));
    listener.close();
    await removeFolder(folder);
    expect(each).toEqual(found);
  });
});
