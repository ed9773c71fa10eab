import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { PeerUsers } from '../../../src/app/web/peer-users.ts';
import type { ReadFile } from '../../../src/core/file.ts';
import { FileReader } from '../../../src/files/file-reader.ts';
import { eventually } from '../../support/machine/eventually.ts';

const row = (local: string, uid: number, state = '0A', remote = '00000000:0000', inode = 12_345) =>
  `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 100 0 0 10 0`;

/** As a little-endian machine writes it. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  '/proc/net/tcp': [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    row('0100007F:21F1', 1000),
    row('0100007F:C001', 1010, '01', '0100007F:21F1'),
    row('0100007F:C001', 1011, '01', '0100007F:21F2'),
    row('0200007F:C001', 1012, '01', '0100007F:21F1'),
    row('0100007F:C002', 0, '05', '0100007F:21F1', 0),
    row('0100007F:C004', 1015, '05', '0100007F:21F1'),
  ],
  '/proc/net/tcp6': [
    row('0000000000000000FFFF00000100007F:C003', 1013, '01', '0000000000000000FFFF00000100007F:21F1'),
    row('00000000000000000000000001000000:C001', 1014, '01', '00000000000000000000000001000000:21F1'),
  ],
};

const readFile: ReadFile = async (path) => ({ kind: 'read', mode: 0o444, text: (TABLES[path] ?? []).join('\n') });

describe('The user at the other end of a loopback connection', () => {
  it.each([
    ['127.0.0.1', 0xc001, '127.0.0.1', 8689, 1010],
    ['127.0.0.1', 0xc001, '127.0.0.1', 8690, 1011],
    ['127.0.0.2', 0xc001, '127.0.0.1', 8689, 1012],
    ['::ffff:127.0.0.1', 0xc001, '::ffff:127.0.0.1', 8689, 1010],
    ['127.0.0.1', 0xc003, '127.0.0.1', 8689, 1013],
    ['127.0.0.1', 0xc004, '127.0.0.1', 8689, 1015],
    ['::1', 0xc001, '::1', 8689, 1014],
  ])('of %s:%i to %s:%i is %i', async (address, port, ownAddress, ownPort, uid) => {
    expect(await new PeerUsers(readFile).userOf({ address, port, ownAddress, ownPort })).toBe(uid);
  });

  it.each([
    ['was closed', 0xc002],
    ['is not there', 0xc009],
  ])('is not known if that end %s', async (_, port) => {
    const ends = { address: '127.0.0.1', port, ownAddress: '127.0.0.1', ownPort: 8689 };
    expect(await new PeerUsers(readFile).userOf(ends)).toBeNull();
  });

  it('is looked up for all who ask at the same time together, and in a table that is not older than the question', async () => {
    let readings = 0;
    const counting: ReadFile = async (path, most) => {
      readings++;
      return readFile(path, most);
    };
    const users = new PeerUsers(counting);
    const ends = { address: '127.0.0.1', port: 0xc001, ownAddress: '127.0.0.1', ownPort: 8689 };
    const answers = await Promise.all(Array.from({ length: 100 }, () => users.userOf(ends)));
    expect([...new Set(answers)]).toEqual([1010]);
    // The two tables, once for the first question and once for all others.
    expect(readings).toBe(4);
    await users.userOf(ends);
    expect(readings).toBe(6);
  });

  const onLinux = process.platform === 'linux' ? it : it.skip;

  onLinux.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.9', '127.0.0.1'],
    ['127.0.0.1', '::'],
    ['::1', '::'],
  ])('is found as the kernel has it, until it closes its end: from %s to a listener on %s', async (from, host) => {
    const { client, socket, close } = await connected(from, host);
    expect(await userAt(socket)).toBe(process.getuid?.());
    client.end();
    await once(socket.resume(), 'end');
    expect(await userAt(socket)).toBe(process.getuid?.());
    client.destroy();
    await eventually('the kernel knows that it is closed', async () => (await userAt(socket)) === null);
    close();
  });

  /** A connection of this process to itself. */
  async function connected(from: string, host: string) {
    const server = createServer({ allowHalfOpen: true }).listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const to = from.includes(':') ? '::1' : '127.0.0.1';
    const client = connect({ host: to, port, localAddress: from, allowHalfOpen: true });
    const [socket] = (await once(server, 'connection')) as [Socket];
    const close = () => {
      client.destroy();
      socket.destroy();
      server.close();
    };
    return { client, socket, close };
  }

  function userAt({ remoteAddress = '', remotePort = 0, localAddress = '', localPort = 0 }: Socket) {
    const ends = { address: remoteAddress, port: remotePort, ownAddress: localAddress, ownPort: localPort };
    return new PeerUsers(new FileReader().read).userOf(ends);
  }
});
