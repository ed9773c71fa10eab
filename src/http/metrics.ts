import type { RequestHandler } from 'express';
import type { HttpPorts } from './ports.ts';

/** `GET /metrics`: what the scrape renders, as it is. */
export function getMetrics(scrape: HttpPorts['scrape']): RequestHandler {
  return async (request, response) => {
    const { accept, 'accept-encoding': acceptEncoding } = request.headers;
    const { headers, chunks } = await scrape({ accept, acceptEncoding });
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    response.writeHead(200, { ...headers, 'Content-Length': length });
    if (request.method !== 'HEAD') for (const chunk of chunks) response.write(chunk);
    response.end();
  };
}
