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
      const all = await Promise.all(Array.from({ length: 20 }, () => attack(request.repeat(1_400))));
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
      expect((await residentBytes()) - before).toBeLessThan(80 * MB);
    },
    60_000,
  );
});
