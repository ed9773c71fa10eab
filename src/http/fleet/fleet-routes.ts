import type { Express, Request, RequestHandler } from 'express';
import type { Fleet } from '../../core/fleet/fleet.ts';
import { sendFailure } from '../api-failure.ts';
import { route } from '../route.ts';
import { targetGroups } from './discovery.ts';
import { type HostWithServersJson, hostJson } from './host-json.ts';

const HOSTS = '/api/v1/hosts';
const DISCOVERY = '/sd';

/** What only a hub has. */
export const FLEET_PATHS = [HOSTS, DISCOVERY];

/** `GET /api/v1/hosts`; `GET` and `DELETE /api/v1/hosts/{name}`; `GET /sd`. */
export function routeFleet(app: Express, fleet: Fleet): void {
  const isKnown = refuseUnread(fleet);
  route(app, HOSTS, {
    get: [isKnown, (_request, response) => void response.json({ hosts: fleet.hosts().map(hostJson) })],
  });
  route(app, `${HOSTS}/:name`, { get: [isKnown, getHost(fleet)], delete: [isKnown, deleteHost(fleet)] });
  route(app, DISCOVERY, { get: [isKnown, (_request, response) => void response.json(targetGroups(fleet.hosts()))] });
}

/** An empty list would say that there are no hosts. Prometheus would drop all its targets, which it keeps when it gets an error. */
function refuseUnread(fleet: Fleet): RequestHandler {
  return (_request, response, next) => {
    if (fleet.source.hasRead) next();
    else sendFailure(response, 'not_ready', 'the bus was not read yet, so the hosts are not known');
  };
}

function getHost(fleet: Fleet): RequestHandler {
  return (request, response) => {
    const name = nameOf(request);
    const host = fleet.host(name);
    if (!host) return sendFailure(response, 'unknown_host', unknown(name));
    const body: HostWithServersJson = { ...hostJson(host), servers: host.servers };
    response.json(body);
  };
}

function deleteHost(fleet: Fleet): RequestHandler {
  return async (request, response) => {
    const name = nameOf(request);
    const result = await fleet.forget(name);
    if (result.kind === 'unknown') sendFailure(response, 'unknown_host', unknown(name));
    else if (result.kind === 'failed') sendFailure(response, 'bus_failed', result.problem);
    else response.status(204).end();
  };
}

function nameOf({ params }: Request): string {
  return String(params['name']);
}

function unknown(name: string): string {
  return `no host of the fleet is called ${JSON.stringify(name)}`;
}
