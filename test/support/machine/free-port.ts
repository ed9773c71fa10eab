import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the kernel gives to clients: one of these could be taken at any moment by a connection of another test. */
const FIRST_PORT = 20_000;
const PORTS = 12_000;

/** Each process of the tests begins elsewhere. */
let next = (process.pid * 7_919) % PORTS;

/** A port on which nothing listened a moment ago, for a program that cannot choose one by itself. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORTS; attempt++) {
    const port = FIRST_PORT + next;
    next = (next + 1) % PORTS;
    if (await canListen(port)) return port;
  }
  throw new Error(`expected a free port from ${FIRST_PORT} on, found none`);
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
