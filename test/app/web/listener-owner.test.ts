import { describe, expect, it } from '@jest/globals';
import { listenerUids } from '../../../src/app/web/listener-owner.ts';
import type { ReadFile } from '../../../src/core/file.ts';

const row = (local: string, uid: number, state = '0A') =>
  `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 12345 1 0000000000000000 100 0 0 10 0`;

/** As a little-endian machine writes it. */
const TABLES: Readonly<Record<string, readonly string[]>> = {
  '/proc/net/tcp': [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    row('0100007F:21F1', 1000),
    row('0100007F:21F1', 1, '01'),
    row('00000000:21F2', 1001),
    row('0500000A:21F2', 2),
    row('0100007F:21F3', 1002),
    row('00000000:21F3', 3),
  ],
  '/proc/net/tcp6': [
    row('00000000000000000000000001000000:21F1', 1003),
    row('00000000000000000000000000000000:21F4', 1004),
    row('0000000000000000FFFF00000100007F:21F5', 1005),
  ],
};

const readFile: ReadFile = async (path) => ({ kind: 'read', mode: 0o444, text: (TABLES[path] ?? []).join('\n') });

describe('The users that listen', () => {
  it.each([
    ['127.0.0.1', 8689, [1000]],
    ['::1', 8689, [1003]],
    ['localhost', 8689, [1000, 1003]],
    ['127.0.0.1', 8690, [1001]],
    ['127.0.0.1', 8691, [1002]],
    ['127.0.0.1', 8692, [1004]],
    ['::1', 8692, [1004]],
    ['::ffff:7f00:1', 8691, [1002]],
    ['127.0.0.1', 8693, [1005]],
    ['127.0.0.1', 1, []],
  ])('on %s:%i are %j', async (host, port, uids) => {
    expect(await listenerUids(host, port, readFile)).toEqual(uids);
  });

  it('are not known without /proc', async () => {
    const none: ReadFile = async () => ({ kind: 'unreadable', problem: 'does not exist (ENOENT)' });
    expect(await listenerUids('127.0.0.1', 8689, none)).toBeNull();
  });
});
