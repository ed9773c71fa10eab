import type { Express, Request, RequestHandler } from 'express';
import * as z from 'zod';
import { isSocketPath, SOCKET_RULE } from '../core/model/socket-path.ts';
import { sendFailure } from './api-failure.ts';
import { problemText, readJson } from './json-body.ts';
import type { ServersPort } from './ports.ts';
import { route } from './route.ts';

const PATH = '/api/v1/servers';

/** The body of a `PUT`. */
export const Registration = z.strictObject({
  socket: z.string().refine(isSocketPath, SOCKET_RULE),
});

/** `GET /api/v1/servers`; `GET`, `PUT` and `DELETE /api/v1/servers/{name}`. A slash in the name is sent as `%2F`. */
export function routeServers(app: Express, servers: ServersPort, prefix: string): void {
  route(app, PATH, { get: [(_request, response) => void response.json({ servers: servers.list() })] });
  route(app, `${PATH}/:name`, {
    get: [getServer(servers)],
    put: [readJson, putServer(servers, prefix)],
    delete: [deleteServer(servers)],
  });
}

function getServer(servers: ServersPort): RequestHandler {
  return (request, response) => {
    const name = nameOf(request);
    const server = servers.get(name);
    if (server) response.json(server);
    else sendFailure(response, 'unknown_server', `no server is registered as ${JSON.stringify(name)}`);
  };
}

function putServer(servers: ServersPort, prefix: string): RequestHandler {
  return async (request, response) => {
    const body = Registration.safeParse(request.body, { reportInput: true });
    if (!body.success) return sendFailure(response, 'invalid_body', body.error.issues.map(problemText).join('; '));
    const name = nameOf(request);
    const result = await servers.put(name, body.data.socket);
    if (result.kind === 'refused') return sendFailure(response, result.code, result.message);
    if (result.kind === 'registered') response.status(201).location(`${prefix}${PATH}/${encodeURIComponent(name)}`);
    response.json(result.server);
  };
}

function deleteServer(servers: ServersPort): RequestHandler {
  return (request, response) => {
    const result = servers.remove(nameOf(request));
    if (result.kind === 'refused') sendFailure(response, result.code, result.message);
    else response.status(204).end();
  };
}

function nameOf({ params }: Request): string {
  return String(params['name']);
}
