import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import { renderPage } from './page.ts';
import type { HttpPorts } from './ports.ts';
import { STYLE } from './style.ts';

/** Nothing but the page's own style and icon may be loaded; nothing may run, and nobody may frame it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `GET /`: the landing page. */
export function getLanding({ version, servers, now }: HttpPorts): RequestHandler {
  return (_request, response) => {
    response.set('Content-Security-Policy', CONTENT_SECURITY_POLICY);
    response.type('html').send(renderPage({ version, servers: servers.list(), now: now() }));
  };
}
