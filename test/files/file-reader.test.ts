import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FileReading } from '../../src/core/file.ts';
import { FileReader } from '../../src/files/file-reader.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

const MOST = 100;

describe('The file reader', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await makePrivateFolder();
  });

  afterAll(async () => removeFolder(folder));

  it('reads a file, also through a link, with its permissions', async () => {
    await writeFile(join(folder, 'secret'), 'text\n', { mode: 0o640 });
    await symlink('secret', join(folder, 'link'));
    const reading = await new FileReader().read(join(folder, 'link'), MOST);
    expect(reading).toMatchObject({ kind: 'read', text: 'text\n' });
    expect(reading.kind === 'read' && reading.mode & 0o777).toBe(0o640);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;

  onLinux('reads all of a file that comes in pieces, such as the table of connections', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    // A piece of a table has a page: less than thirty rows.
    const clients = Array.from({ length: 60 }, () => connect(port, '127.0.0.1'));
    await Promise.all(clients.map((client) => once(client, 'connect')));
    const reading = await new FileReader().read('/proc/net/tcp', 64 * 1024 * 1024);
    for (const client of clients) client.destroy();
    server.close();
    const ending = ` 0100007F:${port.toString(16).toUpperCase().padStart(4, '0')} 01 `;
    expect(reading.kind === 'read' && reading.text.split(ending).length - 1).toBe(60);
    expect(await new FileReader().read('/proc/net/tcp', 4_000)).toMatchObject({ problem: 'is larger than 4000 bytes' });
  });

  it('refuses at once what is not a regular file, such as a FIFO that nobody writes to', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const path of [fifo, folder, '/dev/zero']) {
      const { problem } = await unreadable(new FileReader(), path);
      expect(problem).toBe('is not a regular file');
    }
  });

  it('refuses a file that is too large or missing', async () => {
    await writeFile(join(folder, 'large'), 'x'.repeat(MOST + 1));
    expect((await unreadable(new FileReader(), join(folder, 'large'))).problem).toBe('is larger than 100 bytes');
    expect((await unreadable(new FileReader(), join(folder, 'none'))).problem).toBe('cannot be read (ENOENT)');
  });
});

describe('A file system that does not answer', () => {
  const good: FileReading = { kind: 'read', text: 'good', mode: 0o600 };

  it('fails a reading at its deadline, and the next one of the same file at once', async () => {
    const { reader } = withHanging(['/dead/a']);
    expect((await unreadable(reader, '/dead/a')).problem).toMatch(/^was not read within 20 ms: its file system/);
    expect((await unreadable(reader, '/dead/a')).problem).toMatch(/does not answer$/);
  });

  it('leaves other files readable', async () => {
    const { reader } = withHanging(['/dead/a']);
    const [, other] = await Promise.all([reader.read('/dead/a', MOST), reader.read('/good', MOST)]);
    expect(other).toEqual(good);
  });

  it('never holds more than two threads, and names what the others wait for', async () => {
    const paths = ['/dead/a', '/dead/b', '/dead/c', '/dead/d'];
    const { reader, begun } = withHanging(paths);
    const readings = await Promise.all(paths.map((path) => unreadable(reader, path)));
    expect(begun).toEqual(['/dead/a', '/dead/b']);
    expect(readings[3]?.problem).toBe('was not read within 20 ms: /dead/a and /dead/b hang');
  });

  it('is read again as soon as it answers', async () => {
    const { reader, answer } = withHanging(['/dead/a']);
    await reader.read('/dead/a', MOST);
    await answer();
    expect(await reader.read('/dead/a', MOST)).toEqual(good);
  });

  function withHanging(paths: readonly string[]) {
    const begun: string[] = [];
    const answered = Promise.withResolvers<void>();
    const reader = new FileReader(async (path) => {
      begun.push(path);
      if (paths.includes(path)) await answered.promise;
      return good;
    }, 20);
    const answer = async () => {
      answered.resolve();
      await new Promise(setImmediate);
    };
    return { reader, begun, answer };
  }
});

async function unreadable(reader: FileReader, path: string): Promise<Extract<FileReading, { kind: 'unreadable' }>> {
  const reading = await reader.read(path, MOST);
  if (reading.kind !== 'unreadable') throw new Error(`${path} was read`);
  return reading;
}
