import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { HttpPorts } from '../ports.ts';
import { LastDeaths } from './last-deaths.ts';
import { LIVE_SCRIPT } from './live-script.ts';
import { renderPage } from './page.ts';
import { STYLE } from './style.ts';

/** Allows only the page's own style, icon and script; the script connects only to us, and nobody may frame the page. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(LIVE_SCRIPT)}'`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `GET /`: the landing page. */
export function getLanding({ version, host, servers, history, paths, now }: HttpPorts): RequestHandler {
  const deaths = new LastDeaths(history);
  return (_request, response) => {
    response.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    const page = renderPage({
      version,
      host,
      servers: servers.list(),
      deaths: deaths.list(),
      telemetryPath: paths.telemetry,
      now: now(),
    });
    response.type('html').send(page);
  };
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
