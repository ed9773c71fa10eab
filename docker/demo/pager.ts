import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A receiver of web hooks, in place of a real pager. */
export interface Pager {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Starts a pager on loopback that reports the title of every message. */
export async function startPager(page: (title: string) => void): Promise<Pager> {
  const server = createServer(async (request, response) => {
    page(await titleOf(request));
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()).closeAllConnections());
  return { url: `http://127.0.0.1:${port}/`, stop };
}

async function titleOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  const { title = body }: { readonly title?: string } = JSON.parse(body);
  return title;
}
