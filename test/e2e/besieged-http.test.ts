import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';

const MB = 1_048_576;

describe('A daemon under attack by HTTP clients', () => {
  let daemon: Daemon;
  const clients: Socket[] = [];

  beforeAll(async () => {
    daemon = await Daemon.start();
  });
  afterAll(async () => {
    for (const client of clients) client.destroy();
    await daemon.cleanup();
  });

  async function attack(text: string): Promise<Socket> {
    const client = connect(Number(new URL(daemon.url).port), '127.0.0.1').on('error', () => {});
    clients.push(client);
    await once(client, 'connect');
    client.write(text);
    return client;
  }

  async function residentBytes(): Promise<number> {
    const status = await readFile(`/proc/${daemon.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
  }

  const itOnLinux = process.platform === 'linux' ? it : it.skip;

  itOnLinux(
    'cuts clients that send many requests at once and read nothing, and stays small',
    async () => {
      const before = await residentBytes();
      const request = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';
      const all = await Promise.all(Array.from({ length: 20 }, () => attack(request.repeat(7_000))));
      const closed = all.map(
        (client) =>
          new Promise((resolve) => {
            // The end of a connection that is not read is seen by a write.
            const writing = setInterval(() => client.write(request), 50);
            client.once('close', resolve).once('close', () => clearInterval(writing));
          }),
      );
      expect((await fetch(`${daemon.url}/-/healthy`)).status).toBe(200);
      await Promise.all(closed);
      // What came of each client before it was cut takes 50 to 85 MB in all, and everything would take 400 MB.
      expect((await residentBytes()) - before).toBeLessThan(160 * MB);
      expect(await daemon.sample('tmux_exporter_web_connections_cut_total{reason="pipelined"}')).toBe(20);
    },
    60_000,
  );

  it.each([
    ['PUT', '/api/v1/servers/work', 413, 'Content-Length: 500000000'],
    ['PUT', '/api/v1/servers/work', 413, 'Transfer-Encoding: chunked'],
    ['PUT', '/api/v1/servers/work', 401, 'Transfer-Encoding: chunked'],
    ['GET', '/-/healthy', 200, 'Content-Length: 500000000'],
  ])('does not read a large body to its end: %s %s, %i, %s', async (method, path, status, length) => {
    const token = (await readFile(daemon.tokenFile, 'utf8')).trim();
    const authorization = status === 413 ? [`Authorization: Bearer ${token}`] : [];
    const headers = ['Host: localhost', 'Content-Type: application/json', length, ...authorization];
    const client = await attack(`${method} ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
    let answer = '';
    client.setEncoding('utf8').on('data', (text) => {
      answer += text;
    });
    const closed = new Promise((resolve) => client.once('close', resolve));
    const block = `10000\r\n${'x'.repeat(65_536)}\r\n`;
    let sent = 0;
    const send = () => {
      while (!client.destroyed && sent < 500 * MB) {
        sent += block.length;
        if (!client.write(block)) return;
      }
    };
    client.on('drain', send);
    send();
    await closed;
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(sent).toBeLessThan(30 * MB);
  });
});
