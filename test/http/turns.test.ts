import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { HttpServer, type HttpTimes } from '../../src/http/http-server.ts';
import type { HttpPorts } from '../../src/http/ports.ts';
import { listenOn, portsWith } from './support/ports.ts';

const REQUEST = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';

/** More than all buffers of the kernel hold. */
const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x');

const servers: HttpServer[] = [];
const clients: Socket[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function connectTo(scrape: HttpPorts['scrape'], times: Partial<HttpTimes> = {}): Promise<Socket> {
  const [client] = await connectMany(1, scrape, times);
  return client as Socket;
}

async function connectMany(
  count: number,
  scrape: HttpPorts['scrape'],
  times: Partial<HttpTimes> = {},
): Promise<Socket[]> {
  const server = new HttpServer({
    ports: portsWith({ scrape }),
    allowedHosts: [],
    onCut: () => {},
    closeFeed: async () => {},
    times: { closeMs: 10, ...times },
  });
  servers.push(server);
  const port = await listenOn(server);
  return Promise.all(Array.from({ length: count }, () => connectAt(port)));
}

async function connectAt(port: number): Promise<Socket> {
  const client = connect(port, '127.0.0.1');
  clients.push(client);
  client.on('error', () => {});
  await once(client, 'connect');
  return client;
}

/** Waits until a connection is cut. A client that does not read sees it by a write. */
async function cut(client: Socket): Promise<void> {
  const closed = new Promise((resolve) => client.once('close', resolve));
  const writing = setInterval(() => client.write(' '), 10);
  await closed;
  clearInterval(writing);
}

describe('Requests on one connection', () => {
  it('are answered one after the other, in their order', async () => {
    let underWay = 0;
    let most = 0;
    let count = 0;
    const client = await connectTo(async () => {
      most = Math.max(most, ++underWay);
      await new Promise(setImmediate);
      underWay--;
      return { headers: {}, chunks: [Buffer.from(`number ${++count};`)] };
    });
    client.write(REQUEST.repeat(10));
    let text = '';
    while (!text.includes('number 10;')) text += String((await once(client, 'data'))[0]);
    expect(text.match(/number \d+/g)).toEqual(Array.from({ length: 10 }, (_, index) => `number ${index + 1}`));
    expect(most).toBe(1);
  });

  it('are not rendered ahead for a client that reads nothing', async () => {
    let scrapes = 0;
    const client = await connectTo(
      async () => {
        scrapes++;
        return { headers: {}, chunks: [LARGE] };
      },
      { stallMs: 50 },
    );
    client.write(REQUEST.repeat(10));
    await cut(client);
    expect(scrapes).toBe(1);
  });

  it('cut it if too many come at once', async () => {
    let scrapes = 0;
    const client = await connectTo(async () => {
      scrapes++;
      return { headers: {}, chunks: [] };
    });
    client.resume().write(REQUEST.repeat(1_000));
    await cut(client);
    expect(scrapes).toBeLessThan(100);
  });
});

describe('Requests on many connections', () => {
  it('are answered one in each round of the event loop', async () => {
    let round = 0;
    let ticking = setImmediate(function tick() {
      round++;
      ticking = setImmediate(tick);
    });
    const rounds: number[] = [];
    const clients = await connectMany(20, async () => {
      rounds.push(round);
      return { headers: {}, chunks: [] };
    });
    const answerAll = () => {
      const answers = clients.map((client) => once(client, 'data'));
      for (const client of clients) client.write(REQUEST);
      return Promise.all(answers);
    };
    // The system accepts one connection in a round.
    await answerAll();
    rounds.length = 0;
    await answerAll();
    clearImmediate(ticking);
    expect(new Set(rounds).size).toBe(20);
  });
});

describe('A health check', () => {
  it('waits for one other answer, however many are to come', async () => {
    let scrapes = 0;
    const clients = await connectMany(20, async () => {
      scrapes++;
      for (const end = Date.now() + 5; Date.now() < end; );
      return { headers: {}, chunks: [] };
    });
    const [checker, ...others] = clients as [Socket, ...Socket[]];
    const askAll = () => {
      const answers = clients.map((client) => once(client, 'data'));
      for (const other of others) other.write(REQUEST);
      checker.write(REQUEST.replace('/metrics', '/-/healthy'));
      return answers;
    };
    // The system accepts one connection in a round.
    await Promise.all(askAll());
    scrapes = 0;
    const [checked, ...rest] = askAll();
    await checked;
    expect(scrapes).toBeLessThan(5);
    await Promise.all(rest);
    expect(scrapes).toBe(19);
  });
});

describe('A client', () => {
  it('that takes nothing of an answer is cut', async () => {
    const client = await connectTo(async () => ({ headers: {}, chunks: [LARGE] }), { stallMs: 50 });
    client.write(REQUEST);
    await cut(client);
    expect(client.bytesRead).toBeLessThan(LARGE.length);
  });

  it('that reads slowly gets all of it', async () => {
    const client = await connectTo(async () => ({ headers: {}, chunks: [LARGE] }), { stallMs: 500 });
    client.write(REQUEST.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    let length = 0;
    for await (const chunk of client) {
      length += chunk.length;
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    expect(length).toBeGreaterThan(LARGE.length);
  });

  it('that waits for a slow answer is not cut', async () => {
    const client = await connectTo(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 1_200));
        return { headers: {}, chunks: [Buffer.from('late')] };
      },
      { stallMs: 500 },
    );
    client.write(REQUEST);
    const [answer] = await once(client, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200 /);
  });
});
