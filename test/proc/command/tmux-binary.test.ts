import { appendFile, copyFile, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runsOtherBinary } from '../../../src/proc/command/tmux-binary.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';

const PATH = process.env['PATH'] ?? '';

async function findTmux(): Promise<string> {
  for (const folder of PATH.split(delimiter)) {
    const found = await realpath(join(folder, 'tmux')).catch(() => null);
    if (found !== null) return found;
  }
  throw new Error('expected a tmux in PATH');
}

describe('runsOtherBinary', () => {
  let folder: string;
  let binary: string;
  let server: TmuxServer;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    binary = join(folder, 'tmux');
    await copyFile(await findTmux(), binary);
    server = await TmuxServer.start({ binary });
  });

  afterAll(async () => {
    await server.cleanup();
    await removeFolder(folder);
  });

  beforeEach(async () => {
    await rm(join(folder, 'other'), { force: true });
  });

  it('says no of the file that the server was started from', async () => {
    expect(await runsOtherBinary('/proc', server.pid, 'tmux', `${folder}:${PATH}`)).toBe(false);
  });

  it('says no of another file with the same content, such as one that was installed again', async () => {
    expect(await runsOtherBinary('/proc', server.pid, 'tmux', PATH)).toBe(false);
  });

  it('says yes of another content', async () => {
    await copyFile(binary, join(folder, 'other'));
    await appendFile(join(folder, 'other'), '\n');

    expect(await runsOtherBinary('/proc', server.pid, join(folder, 'other'), PATH)).toBe(true);
  });

  it.each([0, 70_000, -1])('says yes if only the byte at %i is another one', async (at) => {
    const bytes = await readFile(binary);
    bytes.writeUInt8(bytes.at(at) === 0 ? 1 : 0, (at + bytes.length) % bytes.length);
    await writeFile(join(folder, 'other'), bytes, { mode: 0o700 });

    expect(await runsOtherBinary('/proc', server.pid, join(folder, 'other'), PATH)).toBe(true);
  });

  it('compares with the file of the server also when that was deleted', async () => {
    await rm(binary);

    expect(await runsOtherBinary('/proc', server.pid, 'tmux', PATH)).toBe(false);
    expect(await runsOtherBinary('/proc', server.pid, 'cat', PATH)).toBe(true);
  });

  it('does not know if one of the two cannot be read', async () => {
    expect(await runsOtherBinary('/proc', 2 ** 30, 'tmux', PATH)).toBeNull();
    expect(await runsOtherBinary('/proc', server.pid, 'tmux', '/nonexistent')).toBeNull();
    expect(await runsOtherBinary('/nonexistent', server.pid, 'tmux', PATH)).toBeNull();
  });
});
