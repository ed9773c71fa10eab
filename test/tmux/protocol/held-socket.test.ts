import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type HeldSocket, holdSocket, type OwnUid } from '../../../src/tmux/protocol/held-socket.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { listenOn } from '../../support/tmux/stale-socket.ts';

const UID = process.getuid?.() ?? 0;
const ANNA = 65_534;
const itAsRoot = UID === 0 ? it : it.skip;

/** Evaluates an expression, as JSON, in a process that has used up its file descriptors. */
async function withoutDescriptors(expression: string): Promise<string> {
  const module = new URL('../../../src/tmux/protocol/held-socket.ts', import.meta.url);
  const script = `
    import { openSync } from 'node:fs';
    import { holdSocket } from ${JSON.stringify(module.href)};
    try { for (;;) openSync('/dev/null'); } catch {}
    const result = JSON.stringify(${expression});
    process.stdout.write(result);`;
  const limited = ['-c', 'ulimit -n 64 && exec "$0" --input-type=module -e "$1"', process.execPath, script];
  return (await promisify(execFile)('sh', limited)).stdout;
}

describe('holdSocket', () => {
  let folder = '';
  let socket = '';
  const servers: Server[] = [];
  const holdings: HeldSocket[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    socket = join(folder, 'x');
  });

  afterEach(async () => {
    for (const held of holdings.splice(0)) held.release();
    for (const server of servers.splice(0)) server.close();
    await removeFolder(folder);
  });

  async function listen(path = socket): Promise<void> {
    servers.push(await listenOn(path));
  }

  /** Listens on a path and says its own name to everybody. */
  async function listenAs(name: string, path: string): Promise<void> {
    const server = createServer((connection) => connection.end(name));
    servers.push(server);
    await once(server.listen(path), 'listening');
  }

  function hold(path = socket, ownUid: OwnUid = UID): HeldSocket {
    const holding = holdSocket(path, ownUid);
    if (holding.kind !== 'held') throw new Error(`expected to hold ${path}, found ${holding.kind}`);
    holdings.push(holding);
    return holding;
  }

  function whoIsAt({ path }: HeldSocket): Promise<string> {
    return text(connect(path));
  }

  it('holds our own socket, which can be connected to', async () => {
    await listenAs('ours', socket);
    const held = hold();

    expect(held.uid).toBe(UID);
    expect(await whoIsAt(held)).toBe('ours');
  });

  it('holds any socket if the platform has no user ids', async () => {
    await listen();

    expect(hold(socket, null).uid).toBe(UID);
  });

  it('holds a socket in a folder that others may change: what was checked is what is connected to', async () => {
    await listen();
    await chmod(folder, 0o777);

    expect(hold().kind).toBe('held');
  });

  itAsRoot("holds another user's socket as root", async () => {
    await listen();
    await chown(socket, ANNA, ANNA);

    expect(hold(socket, 0).uid).toBe(ANNA);
  });

  it("refuses another user's socket, and says which user may connect", async () => {
    await listen();

    expect(holdSocket(socket, UID + 1)).toEqual({
      kind: 'refused',
      message: `${socket} belongs to uid ${UID}, this exporter runs as uid ${UID + 1}: run an exporter as that user`,
    });
  });

  it('refuses a socket of another user than the one that it was found for', async () => {
    await listen();

    expect(holdSocket(socket, UID, UID + 1)).toEqual({
      kind: 'foreign',
      message: expect.stringContaining(
        `${socket} leads to a socket of uid ${UID} now, but it was found as one of uid ${UID + 1}`,
      ),
    });
    const held = holdSocket(socket, UID, UID);
    expect(held.kind).toBe('held');
    if (held.kind === 'held') held.release();
  });

  it('refuses what cannot be examined', async () => {
    await symlink(socket, socket);

    expect(holdSocket(socket, UID)).toEqual({ kind: 'refused', message: expect.stringContaining('(ELOOP)') });
    expect(holdSocket(join(folder, 'x'.repeat(300)), UID)).toMatchObject({ kind: 'refused' });
  });

  it('blames no socket if there is no file descriptor left', async () => {
    await listen();

    expect(JSON.parse(await withoutDescriptors(`holdSocket(${JSON.stringify(socket)}, ${UID})`))).toEqual({
      kind: 'exhausted',
      message: expect.stringMatching(/EMFILE.*raise the limit of open files/),
    });
  });

  it.each<[string, () => unknown]>([
    ['a regular file', () => writeFile(socket, '')],
    ['a folder', () => mkdir(socket)],
    ['a FIFO that nobody writes to, without waiting', () => promisify(execFile)('mkfifo', [socket])],
    ['a link to a regular file', () => writeFile(`${socket}-file`, '').then(() => symlink(`${socket}-file`, socket))],
  ])('finds that %s is no socket', async (_, make) => {
    await make();

    expect(holdSocket(socket, UID)).toEqual({ kind: 'not_a_socket' });
  });

  it('finds nothing if there is nothing', async () => {
    expect(holdSocket(socket, UID)).toEqual({ kind: 'absent' });

    await writeFile(socket, '');
    expect(holdSocket(join(socket, 'below'), UID)).toEqual({ kind: 'absent' });
  });

  it('reaches the socket that was checked after the link to it was turned', async () => {
    const link = join(folder, 'link');
    await listenAs('first', join(folder, '1'));
    await listenAs('second', join(folder, '2'));
    await symlink(join(folder, '1'), link);
    const held = hold(link);

    await unlink(link);
    await symlink(join(folder, '2'), link);

    expect(await whoIsAt(held)).toBe('first');
    expect(await whoIsAt(hold(link))).toBe('second');
  });

  it('reaches the socket that was checked after it was renamed and another one took its path', async () => {
    await listenAs('first', socket);
    const held = hold();

    await rename(socket, join(folder, 'elsewhere'));
    await listenAs('second', socket);

    expect(await whoIsAt(held)).toBe('first');
  });

  it('reaches a socket whose path is too long for an address', async () => {
    const far = join(folder, 'x'.repeat(120));
    await mkdir(far);
    await listenAs('far', socket);
    await rename(socket, join(far, 'x'));

    expect(await whoIsAt(hold(join(far, 'x')))).toBe('far');
  });

  it('keeps nothing open once it is released, nor of what it does not hold', async () => {
    await listen();
    const held = holdSocket(socket, UID);
    if (held.kind !== 'held') throw new Error(`expected to hold it, found ${held.kind}`);
    expect(existsSync(held.path)).toBe(true);
    held.release();
    expect(existsSync(held.path)).toBe(false);

    const open = readdirSync('/proc/self/fd').length;
    for (let times = 0; times < 20; times++) {
      holdSocket(socket, UID + 1);
      holdSocket(socket, UID, UID + 1);
      holdSocket(folder, UID);
    }
    expect(readdirSync('/proc/self/fd')).toHaveLength(open);
  });
});
