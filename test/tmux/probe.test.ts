import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, symlink, unlink, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_SOCKET_PATH, probeSocket } from '../../src/tmux/probe.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { makeStaleSocket } from '../support/tmux/stale-socket.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

const NOBODY = { uid: 65_534, gid: 65_534 };

describe('probeSocket, of a tmux server', () => {
  let server: TmuxServer;

  beforeAll(async () => {
    server = await TmuxServer.start();
  });

  afterAll(() => server.cleanup());

  it('is accepted, and leaves no trace', async () => {
    for (let probes = 0; probes < 50; probes++) expect(await probeSocket(server.socket)).toBe('accepted');

    expect(await server.run('list-clients')).toBe('');
    expect(await server.run('list-sessions', '-F', '#{session_attached}')).toBe('0');
  });

  it('is accepted through a symlink', async () => {
    const link = `${server.socket}-link`;
    await symlink(server.socket, link);

    expect(await probeSocket(link)).toBe('accepted');
  });

  it('is busy when it has stopped accepting, which is not dead', async () => {
    server.kill('SIGSTOP');
    const queue = await fillBacklog(server.socket);

    expect(await probeSocket(server.socket)).toBe('busy');

    for (const connection of queue) connection.destroy();
    server.kill('SIGCONT');
    expect(await server.run('list-sessions', '-F', '#{session_name}')).toBe('main');
    expect(await probeSocket(server.socket)).toBe('accepted');
  });

  it('is refused when it was killed: its socket stays', async () => {
    await server.crash();

    expect(await probeSocket(server.socket)).toBe('refused');
  });

  it('is refused through a symlink to what it left behind', async () => {
    expect(await probeSocket(`${server.socket}-link`)).toBe('refused');
  });

  /** Connects until the kernel takes no more: 128 waiting connections are what tmux asks for. */
  async function fillBacklog(path: string): Promise<Socket[]> {
    const queue: Socket[] = [];
    while (queue.length < 300) {
      const connection = connect(path);
      queue.push(connection);
      const accepted = await new Promise((resolve) => {
        connection.once('connect', () => resolve(true)).once('error', () => resolve(false));
      });
      if (!accepted) return queue;
    }
    throw new Error('expected the backlog to be full after 300 connections');
  }
});

describe('probeSocket, of what is no server', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    await chmod(folder, 0o700);
    await removeFolder(folder);
  });

  it.each([
    ['a path with nothing there', 'x'],
    ['a path in a folder that does not exist', 'no/x'],
    ['a path below a file', 'file/x'],
    ['a link to nothing', 'dangling'],
  ])('is absent: %s', async (_, path) => {
    await writeFile(join(folder, 'file'), '');
    await symlink(join(folder, 'nothing'), join(folder, 'dangling'));

    expect(await probeSocket(join(folder, path))).toBe('absent');
  });

  it('is not a socket: a regular file', async () => {
    await writeFile(join(folder, 'x'), '');

    expect(await probeSocket(join(folder, 'x'))).toBe('not_a_socket');
  });

  it('is not a socket: a folder', async () => {
    await mkdir(join(folder, 'x'));

    expect(await probeSocket(join(folder, 'x'))).toBe('not_a_socket');
  });

  it('is refused: a stale socket, until it is removed', async () => {
    const socket = join(folder, 'x');
    await makeStaleSocket(socket);
    expect(await probeSocket(socket)).toBe('refused');

    await unlink(socket);
    expect(await probeSocket(socket)).toBe('absent');
  });

  it('fails for a path that no socket can have', async () => {
    expect(await probeSocket(`/${'x'.repeat(108)}`)).toBe('failed');
    expect(await probeSocket('/tmp/a\0b')).toBe('failed');
  });

  it('is absent: the longest path that a socket can have', async () => {
    expect(await probeSocket(`/${'x'.repeat(MAX_SOCKET_PATH - 1)}`)).toBe('absent');
  });

  it('is denied in a folder that we may not enter', async () => {
    await makeStaleSocket(join(folder, 'x'));
    await chmod(folder, 0o000);

    expect(await probeAsNobody(join(folder, 'x'))).toBe('denied');
  });

  /** Probes from a process that is not root, since root may enter every folder. */
  async function probeAsNobody(socket: string): Promise<string> {
    const module = new URL('../../src/tmux/probe.ts', import.meta.url).href;
    const script = `import { probeSocket } from ${JSON.stringify(module)}; console.log(await probeSocket(${JSON.stringify(socket)}))`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      ...(process.getuid?.() === 0 ? NOBODY : {}),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    return said.trim();
  }
});
