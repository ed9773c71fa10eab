import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { apiDescription } from '../../../src/http/openapi/document.ts';
import { createRoutes } from '../../../src/http/routes.ts';
import { MemoryFleet } from '../../support/fleet/memory-fleet.ts';
import { LOOPBACK_ONLY, portsWith } from '../support/ports.ts';

const METHODS = ['get', 'put', 'post', 'delete'];

interface Operation {
  readonly operationId: string;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
}

const METRICS = '/metrics';

/** What express answers, as the description writes it. */
function routes(telemetry = METRICS): string[] {
  const app = createRoutes(portsWith({ fleet: new MemoryFleet(), paths: { prefix: '', telemetry } }), LOOPBACK_ONLY);
  return app.router.stack.flatMap(({ route }) => {
    if (!route) return [];
    const methods = new Set(route.stack.map(({ method }) => method ?? ''));
    return METHODS.filter((method) => methods.has(method)).map(
      (method) => `${method} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
    );
  });
}

function operations(telemetry = METRICS): [string, string, Operation][] {
  const { paths } = apiDescription('1.2.3', telemetry) as { paths: Record<string, Record<string, Operation>> };
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]): [string, string, Operation] => [method, path, operation]),
  );
}

describe('The description of the API', () => {
  it.each([METRICS, '/elsewhere', '/'])('has every route, and nothing more, with the metrics at %s', (telemetry) => {
    const described = operations(telemetry).map(([method, path]) => `${method} ${path}`);
    expect(routes(telemetry).length).toBeGreaterThan(10);
    expect(described.sort()).toEqual(routes(telemetry).sort());
  });

  it('is a document of OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(
      apiDescription('1.2.3', METRICS) as Record<string, unknown>,
    );
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
  });

  it('names each operation once', () => {
    const ids = operations().map(([, , { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it.each(operations())('declares each parameter of %s %s', (_method, path, { parameters = [] }) => {
    const declared = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
    expect(declared).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
  });

  it('asks for a token for whatever changes something, and for nothing to learn whether it runs', () => {
    const withoutLogin = operations().filter(([, , { security }]) => security.length === 0);
    expect(withoutLogin.map(([, path]) => path)).toEqual(['/-/healthy', '/-/ready']);
    for (const [method, , { security }] of operations())
      if (method !== 'get') expect(security).toEqual([{ token: [] }]);
  });
});
