import type { RequestHandler } from 'express';
import type { HttpPorts } from './ports.ts';

/** By which Prometheus says how long it waits, in seconds. */
const TIMEOUT_HEADER = 'x-prometheus-scrape-timeout-seconds';

/** `GET /metrics`: what the scrape renders, as it is. */
export function getMetrics(scrape: HttpPorts['scrape']): RequestHandler {
  return async (request, response) => {
    const { accept, 'accept-encoding': acceptEncoding, [TIMEOUT_HEADER]: timeout } = request.headers;
    const { headers, chunks } = await scrape({ accept, acceptEncoding, timeoutMs: milliseconds(timeout) });
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    response.writeHead(200, { ...headers, 'Content-Length': length });
    if (request.method !== 'HEAD') for (const chunk of chunks) response.write(chunk);
    response.end();
  };
}

/** A timeout that is none counts as not told. */
function milliseconds(seconds: string | string[] | undefined): number | null {
  const ms = Number(seconds) * 1000;
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}
