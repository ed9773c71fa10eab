import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { untilClosed } from '../support/world/socket-end.ts';
import { sessionDraft } from './support/events.ts';
import { FeedServer } from './support/feed-server.ts';

let server: FeedServer;
const sockets: Socket[] = [];

beforeEach(async () => {
  server = await new FeedServer().listen();
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.stop();
});

/** Sends bytes on a connection of its own. */
function send(text: string): Socket {
  const socket = connect(server.port, '127.0.0.1').setEncoding('utf8');
  socket.on('error', () => {});
  socket.write(text);
  sockets.push(socket);
  return socket;
}

async function until(socket: Socket, end: string): Promise<string> {
  let text = '';
  while (!text.includes(end)) text += String((await once(socket, 'data'))[0]);
  return text;
}

describe('An odd request', () => {
  it('of HTTP/1.0 gets the plain bytes of a stream, and its end by the end of the connection', async () => {
    const socket = send('GET /events HTTP/1.0\r\n\r\n');
    const head = await until(socket, 'event: snapshot');
    expect(head).not.toContain('chunked');
    expect(head).toContain('\r\n\r\nretry: 2000\n\nid: e-0\nevent: hello\n');
    const closed = untilClosed(socket);
    await server.feed.close();
    await closed;
  });

  it('that would have it compressed gets it as it is, and no event is held back', async () => {
    const socket = send('GET /events HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip, br, zstd\r\n\r\n');
    expect(await until(socket, 'event: snapshot')).not.toMatch(/content-encoding/i);
    const { json } = server.publish(sessionDraft());
    expect(await until(socket, '\n\n')).toContain(json);
  });

  it('with a cursor as long as a header may be gets a stream that says so', async () => {
    const socket = send(`GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: ${'9'.repeat(15_000)}\r\n\r\n`);
    await until(socket, '{"type":"gap","reason":"malformed","missed":null}');
  });

  it('with a longer one is refused, and takes no place', async () => {
    const socket = send(`GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: ${'9'.repeat(20_000)}\r\n\r\n`);
    expect(await until(socket, '\r\n\r\n')).toMatch(/^HTTP\/1.1 431 /);
    expect(server.tally.clients).toBe(0);
  });

  it('behind another one on the same connection gives its place back with that', async () => {
    const socket = send('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(3));
    await server.tally.untilClients(3);
    socket.destroy();
    await server.tally.untilClients(0);
  });

  it('whose reader has closed its sending side ends the stream', async () => {
    const socket = send('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await server.tally.untilClients(1);
    socket.end();
    await server.tally.untilClients(0);
  });

  it('whose reader has closed its sending side before its turn takes no place', async () => {
    server.holdMs = 30;
    const socket = send('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    socket.end();
    await untilClosed(socket);
    expect(server.tally.clients).toBe(0);
  });

  it('that comes to the feed only after its reader has left takes no place', async () => {
    const socket = send('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await server.tally.untilClients(1);
    const [response] = server.responses;
    socket.destroy();
    await server.tally.untilClients(0);
    if (response) server.feed.handle(response.req, response);
    expect(server.tally.clients).toBe(0);
  });
});
