import { once } from 'node:events';
import { link, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';

/** Leaves sockets behind on which nobody listens any more, as killed servers do. */
export async function makeStaleSocket(...paths: readonly string[]): Promise<void> {
  const [first, ...others] = paths;
  if (first === undefined) return;
  const beginning = `${first}~`;
  const server = await listenOn(beginning);
  // A server that closes removes its own file and no other name of it.
  for (const path of [first, ...others]) await link(beginning, path);
  server.close();
  await once(server, 'close');
  await unlink(beginning).catch(() => {});
}

/** Listens on a socket and answers nothing. */
export async function listenOn(path: string): Promise<Server> {
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  return server;
}
