import type { RequestHandler } from 'express';
import type { HttpPorts } from './ports.ts';

/** The header in which Prometheus sends its timeout, in seconds. */
const TIMEOUT_HEADER = 'x-prometheus-scrape-timeout-seconds';

/** `GET /metrics`: the rendered scrape. */
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

/** The timeout in milliseconds; null if the header is missing or invalid. */
function milliseconds(seconds: string | string[] | undefined): number | null {
  const ms = Number(seconds) * 1000;
  return Number.isFinite(ms) && ms > 0 ? ms : null;
}
