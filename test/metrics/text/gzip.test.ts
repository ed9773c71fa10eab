import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gzipHead, gzipTail } from '../../../src/metrics/text/gzip.ts';
import { isInstalled } from '../../support/machine/program.ts';

const HEAD = Buffer.from('tmux_server_up{server="work"} 1\n'.repeat(40_000));
const TAIL = Buffer.from('tmux_exporter_series 1\n# EOF\n');

async function gzip(head: Buffer, tail: Buffer): Promise<Buffer> {
  const begun = await gzipHead(head);
  return Buffer.concat([begun.bytes, await gzipTail(begun, tail)]);
}

const itWith = (program: string) => (isInstalled(program) ? it : it.skip);

describe('A gzip member in two parts', () => {
  it('holds whatever its parts are', async () => {
    const bytes = fc.uint8Array({ maxLength: 2000 }).map((array) => Buffer.from(array));
    await fc.assert(
      fc.asyncProperty(bytes, bytes, async (head, tail) => {
        expect(gunzipSync(await gzip(head, tail))).toEqual(Buffer.concat([head, tail]));
      }),
    );
  });

  it('can be ended more than once', async () => {
    const head = await gzipHead(HEAD);
    for (const end of ['first', 'second']) {
      const member = Buffer.concat([head.bytes, await gzipTail(head, Buffer.from(end))]);
      expect(gunzipSync(member).subarray(HEAD.length).toString()).toBe(end);
    }
  });

  itWith('gunzip')('is read by gunzip', async () => {
    const { status, stdout } = spawnSync('gunzip', ['-c'], { input: await gzip(HEAD, TAIL), maxBuffer: 2 ** 28 });
    expect(status).toBe(0);
    expect(stdout.equals(Buffer.concat([HEAD, TAIL]))).toBe(true);
  });

  itWith('python3')('is read by Python', async () => {
    const read = 'import gzip, sys; sys.stdout.buffer.write(gzip.decompress(sys.stdin.buffer.read()))';
    const { stdout } = spawnSync('python3', ['-c', read], { input: await gzip(HEAD, TAIL), maxBuffer: 2 ** 28 });
    expect(stdout.equals(Buffer.concat([HEAD, TAIL]))).toBe(true);
  });

  describe('over HTTP', () => {
    const server = createServer(async (_, response) => {
      response.setHeader('Content-Encoding', 'gzip').end(await gzip(HEAD, TAIL));
    });
    let url: string;

    beforeAll(async () => {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    });

    afterAll(async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    });

    it('is read by fetch', async () => {
      const body = Buffer.from(await (await fetch(url)).arrayBuffer());
      expect(body.equals(Buffer.concat([HEAD, TAIL]))).toBe(true);
    });

    itWith('curl')('is read by curl', async () => {
      const options = { encoding: 'buffer', maxBuffer: 2 ** 28 } as const;
      const { stdout } = await promisify(execFile)(
        'curl',
        ['--silent', '--compressed', '--noproxy', '*', url],
        options,
      );
      expect(stdout.equals(Buffer.concat([HEAD, TAIL]))).toBe(true);
    });
  });
});
