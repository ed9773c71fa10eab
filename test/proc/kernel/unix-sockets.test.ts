import { once } from 'node:events';
import { mkdir, truncate, unlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  listeningPaths,
  listeningSockets,
  parseListening,
  pendingConnections,
} from '../../../src/proc/kernel/unix-sockets.ts';
import { makeTree } from '../../support/machine/file-tree.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

const HEADER = 'Num               RefCount Protocol Flags    Type St Inode Path';

function listening(...lines: readonly string[]): string[] {
  return parseListening(Buffer.from([HEADER, ...lines, ''].join('\n'))).map(({ path }) => path);
}

describe('parseListening', () => {
  it.each([
    ['a path', '/tmp/tmux-0/default'],
    ['a path with spaces', '/tmp/my folder/a  b'],
    ['a path with a trailing space', '/tmp/x '],
    ['a path that looks like a field', '/tmp/00010000 0001 01'],
    ['a path with other letters', '/tmp/bücher/😀'],
    ['a path with newlines', '/tmp/two\nlines\n'],
    ['a path with other ends of a line', '/tmp/a\rb\u2028c'],
  ])('finds %s', (_, path) => {
    expect(listening(`0000000000000000: 00000002 00000000 00010000 0001 01 12345 ${path}`)).toEqual([path]);
  });

  it('finds a path whose inode number is short', () => {
    expect(listening('ffff8880: 00000002 00000000 00010000 0001 01    77 /tmp/x')).toEqual(['/tmp/x']);
  });

  it('finds what follows a path with a newline', () => {
    const line = '0000000000000000: 00000002 00000000 00010000 0001 01';
    expect(listening(`${line} 12345 /tmp/two\nlines`, `${line} 12346 /tmp/x`)).toEqual(['/tmp/two\nlines', '/tmp/x']);
  });

  it.each([
    ['a connection', '0000000000000000: 00000003 00000000 00000000 0001 03 12346 /tmp/tmux-0/default'],
    ['a socket without a name', '0000000000000000: 00000002 00000000 00010000 0001 01 12348'],
    ['a line that was cut', '0000000000000000: 00000002 00000000 000100'],
    ['something else', 'hello /tmp/x'],
  ])('ignores %s', (_, line) => {
    expect(listening(line)).toEqual([]);
  });
});

describe('listeningPaths, of the real /proc', () => {
  let folder = '';
  let server: Server;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    server = createServer();
  });

  afterEach(async () => {
    server.close();
    await removeFolder(folder);
  });

  /** Whether the list of the kernel has a path. */
  function lists(path: string): boolean {
    const paths = listeningPaths('/proc');
    return paths instanceof Set && paths.has(path);
  }

  async function listen(name: string): Promise<string> {
    const path = join(folder, name);
    server.listen(path);
    await once(server, 'listening');
    return path;
  }

  it('finds a server that listens, also at a path with a space', async () => {
    const path = await listen('a b');

    expect(lists(path)).toBe(true);
  });

  it('finds it still when its file was deleted', async () => {
    const path = await listen('x');
    await unlink(path);

    expect(lists(path)).toBe(true);
  });

  it('does not find it when it has closed', async () => {
    const path = await listen('x');
    server.close();
    await once(server, 'close');

    expect(lists(path)).toBe(false);
  });

  it('cannot say without /proc', () => {
    expect(listeningPaths(folder)).toBeNull();
    expect(pendingConnections(folder)).toBeNull();
  });
});

describe('pendingConnections', () => {
  it('counts those that are not accepted yet, and no others', async () => {
    const folder = await makePrivateFolder();
    const table = [
      'Num       RefCount Protocol Flags    Type St Inode Path',
      '000000008e5f7fb8: 00000002 00000000 00010000 0001 01 40204564 /tmp/s',
      '000000001500ffc9: 00000003 00000000 00000000 0001 02     0 /tmp/s',
      '00000000b146a3ff: 00000003 00000000 00000000 0001 02     0 /tmp/a',
      'b 02     0 c',
      '000000007544a323: 00000003 00000000 00000000 0001 03 40204569 /tmp/s',
      '000000007544a324: 00000002 00000000 00000000 0002 01     0',
    ];
    await mkdir(join(folder, 'net'));
    await writeFile(join(folder, 'net/unix'), `${table.join('\n')}\n`);

    expect(pendingConnections(folder)).toBe(2);
    await removeFolder(folder);
  });
});

describe('A list of sockets that a user made huge', () => {
  it('is not read to its end, and claims nothing', async () => {
    const root = await makeTree({ '/net/unix': `${HEADER}\n` });
    await truncate(join(root, 'net/unix'), 1024 ** 3);

    expect([listeningPaths(root), listeningSockets(root)]).toEqual(['too long', null]);
    expect(pendingConnections(root)).toBeNull();
    await removeFolder(root);
  });
});
