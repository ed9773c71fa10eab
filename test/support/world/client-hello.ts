import { once } from 'node:events';
import { type AddressInfo, connect as connectPlain, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect } from 'node:tls';
import { untilClosed } from './socket-end.ts';

/** The first bytes that a TLS client sends. */
export async function clientHello(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...options, host: '127.0.0.1', port }).on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [Socket];
  const [hello] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return hello;
}

/** Connects to a port by TLS, and lets only so many bytes of the client through before its connection ends. Settles when it has ended. */
export async function cutHandshake(port: number, options: ConnectionOptions, bytes: number): Promise<void> {
  const relay = createServer({ allowHalfOpen: true });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const client = connect({ ...options, host: '127.0.0.1', port: (relay.address() as AddressInfo).port });
  client
    .on('error', () => {})
    .once('secureConnect', () => client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'));
  const [inner] = (await once(relay, 'connection')) as [Socket];
  const outer = connectPlain(port, '127.0.0.1');
  const ended = untilClosed(outer);
  let left = bytes;
  inner
    .on('error', () => {})
    .on('data', (data: Buffer) => {
      outer.write(data.subarray(0, left));
      left -= data.length;
      if (left <= 0) outer.end();
    });
  outer.on('data', (data) => inner.write(data));
  const close = () => {
    client.destroy();
    inner.destroy();
    outer.destroy();
  };
  outer.once('end', close);
  client.once('close', close);
  await ended;
  close();
  relay.close();
}
