import type { RequestHandler } from 'express';
import { sendFailure } from './api-failure.ts';
import type { HttpPorts } from './ports.ts';

/** `GET /-/healthy`: always 200. */
export const getHealthy: RequestHandler = (_request, response) => {
  response.type('text').send('tmux-exporter is healthy.\n');
};

/** `GET /-/ready`: 200 once the first tick has ended, or a hub has read the bus; 503 before, and while shutting down. */
export function getReady({ ready, servers }: Pick<HttpPorts, 'ready' | 'servers'>): RequestHandler {
  const awaited = servers ? 'the first tick has not ended yet' : 'the bus was not read yet';
  return (_request, response) => {
    if (ready()) response.type('text').send('tmux-exporter is ready.\n');
    else sendFailure(response, 'not_ready', `${awaited}, or the exporter is shutting down`);
  };
}

/** `POST /-/reload`: 200 once the new configuration is in force, 500 if the old one stays, 403 if reloading over HTTP is not enabled. */
export function postReload(reload: HttpPorts['reload']): RequestHandler {
  return async (_request, response) => {
    if (!reload) {
      const cure = 'start the exporter with --web.enable-lifecycle, or send it SIGHUP';
      return sendFailure(response, 'not_enabled', `reloading over HTTP is not enabled: ${cure}`);
    }
    const result = await reload();
    if (result.kind === 'failed') return sendFailure(response, 'reload_failed', result.message);
    const rest = result.nextStart.length > 0 ? ` A restart is needed for ${result.nextStart.join(', ')}.` : '';
    response.type('text').send(`The configuration was reloaded.${rest}\n`);
  };
}
