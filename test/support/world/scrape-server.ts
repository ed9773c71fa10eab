import { once } from 'node:events';
import { type Agent, createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scrape } from '../../../src/metrics/exposition.ts';

/** Starts a bare HTTP server on loopback that gives every request what `answer` gives. */
export async function serveScrapes(answer: () => Promise<Scrape>): Promise<Server> {
  const server = createServer(async (_, response) => {
    const { headers, chunks } = await answer();
    response.writeHead(200, headers);
    for (const chunk of chunks) response.write(chunk);
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

/** Scrapes a server and reads the answer to its end. */
export async function fetchAll(server: Server, agent: Agent): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const [response] = await once(get({ host: '127.0.0.1', port, agent }), 'response');
  response.resume();
  await once(response, 'end');
}
