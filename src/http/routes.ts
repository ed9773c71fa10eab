import express, { type Express } from 'express';
import { absent } from './absent.ts';
import { postAlerts } from './alerts.ts';
import { sendFailure } from './api-failure.ts';
import { getDescription } from './description.ts';
import { handleErrors } from './error-handler.ts';
import { getEvents } from './events.ts';
import { FLEET_PATHS, routeFleet } from './fleet/fleet-routes.ts';
import { admitOnly, holderOf, policyHeaders } from './gate.ts';
import { getHealthy, getReady, postReload } from './lifecycle.ts';
import { getMetrics } from './metrics.ts';
import { getLanding } from './page/landing.ts';
import { stripPrefix } from './paths.ts';
import type { HostPolicy, HttpPorts } from './ports.ts';
import { guardHost, guardHostCount, guardOrigin, guardSite, refuseFrames, secureHeaders } from './request-guard.ts';
import { route } from './route.ts';
import { routeServers } from './servers.ts';
import { routeWebhooks } from './webhooks.ts';

/** Creates the express application with all routes. */
export function createRoutes(ports: HttpPorts, hosts: HostPolicy): Express {
  const app = express();
  app.disable('x-powered-by');
  // Express would hash each body for an ETag, but no client sends it back.
  app.disable('etag');
  // A path has one spelling, so that the gate and the routes never disagree about what is asked for.
  app.enable('case sensitive routing');
  app.enable('strict routing');
  const {
    doorkeeper,
    paths: { prefix, telemetry },
  } = ports;
  app.use(
    secureHeaders,
    policyHeaders(doorkeeper),
    guardHostCount,
    guardHost(hosts),
    guardOrigin,
    guardSite,
    stripPrefix(prefix),
  );
  route(app, '/-/healthy', { get: [getHealthy] });
  route(app, '/-/ready', { get: [getReady(ports)] });
  // All routes below need a login, if the policy demands one.
  app.use(admitOnly(ports));
  route(app, telemetry, { get: [getMetrics(ports.scrape)] });
  if (telemetry !== '/') route(app, '/', { get: [getLanding(ports)] });
  route(app, '/events', {
    get: [
      refuseFrames,
      (request, response) => ports.feed(request, response, () => holderOf(request, response, doorkeeper)),
    ],
  });
  route(app, '/-/reload', { post: [postReload(ports.reload)] });
  route(app, '/api/v1/events', { get: [getEvents(ports)] });
  if (ports.servers) routeServers(app, ports.servers, prefix);
  else absent(app, '/api/v1/servers', 'a hub has no servers of its own: /api/v1/hosts lists the hosts');
  if (ports.webhooks) routeWebhooks(app, ports.webhooks);
  else absent(app, '/api/v1/webhooks', 'a hub sends no web hooks: the exporters of its hosts do');
  if (ports.history) route(app, '/api/v1/alerts', { post: postAlerts(ports.receiveAlerts) });
  else absent(app, '/api/v1/alerts', 'a hub takes no alerts: send them to an exporter');
  if (ports.fleet) routeFleet(app, ports.fleet);
  else
    for (const path of FLEET_PATHS) absent(app, path, 'this exporter is no hub, and knows no other hosts: ask a hub');
  route(app, '/api/v1/openapi.json', { get: [getDescription(ports)] });
  app.use((request, response) =>
    sendFailure(response, 'not_found', `nothing is at ${prefix}${request.path}: ${prefix}/ lists what there is`),
  );
  app.use(handleErrors(ports.onError));
  return app;
}
