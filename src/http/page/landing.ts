import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { History } from '../../core/event/event-log.ts';
import type { Fleet } from '../../core/fleet/fleet.ts';
import { sendFailure } from '../api-failure.ts';
import type { HttpPorts, ServersPort } from '../ports.ts';
import { FLEET_PAGE_SCRIPT, renderFleetPage } from './fleet-page.ts';
import { LastDeaths } from './last-deaths.ts';
import { PAGE_SCRIPT, renderPage } from './page.ts';
import { STYLE } from './style.ts';

type PagePorts = Pick<HttpPorts, 'version' | 'host' | 'paths' | 'now'>;

/** `GET /`: the landing page, of this machine or, on a hub, of the fleet. */
export function getLanding({ servers, history, fleet, ...ports }: HttpPorts): RequestHandler {
  if (servers && history) return getPage(servers, history, ports);
  if (fleet) return getFleetPage(fleet, ports);
  return (_request, response) => sendFailure(response, 'not_found', 'there is nothing to show');
}

function getPage(servers: ServersPort, history: History, { version, host, paths, now }: PagePorts): RequestHandler {
  const deaths = new LastDeaths(history);
  return answerWith(PAGE_SCRIPT, () =>
    renderPage({
      version,
      host,
      servers: servers.list(),
      deaths: deaths.list(),
      telemetryPath: paths.telemetry,
      now: now(),
    }),
  );
}

function getFleetPage(fleet: Fleet, { version, paths, now }: PagePorts): RequestHandler {
  const deaths = new LastDeaths(fleet.log);
  return answerWith(FLEET_PAGE_SCRIPT, () =>
    renderFleetPage({
      version,
      hosts: fleet.hosts(),
      hasRead: fleet.source.hasRead,
      isUp: fleet.source.isUp,
      deaths: deaths.list(),
      telemetryPath: paths.telemetry,
      now: now(),
    }),
  );
}

function answerWith(script: string, render: () => string): RequestHandler {
  const policy = policyOf(script);
  return (_request, response) => {
    response.set('Content-Security-Policy', policy);
    response.type('html').send(render());
  };
}

/** Allows only the page's own style, icon and script; the script connects only to us, and nobody may frame the page. */
function policyOf(script: string): string {
  return [
    "default-src 'none'",
    `style-src '${hashOf(STYLE)}'`,
    `script-src '${hashOf(script)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
