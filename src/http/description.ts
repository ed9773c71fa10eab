import type { RequestHandler } from 'express';
import type { HttpPorts } from './ports.ts';

/** `GET /api/v1/openapi.json`: the description of the API. It is made for each request: they are rare, and its schemas take memory. */
export function getDescription({ version, paths }: Pick<HttpPorts, 'version' | 'paths'>): RequestHandler {
  return async (_request, response) => {
    const { apiDescription } = await import('./openapi/document.ts');
    response.json(apiDescription(version, paths.telemetry));
  };
}
