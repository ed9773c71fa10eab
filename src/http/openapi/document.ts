import type { Scope } from '../../core/scope.ts';
import { type FailureCode, STATUS } from '../api-failure.ts';
import { type Content, METRICS_PATH, OPERATIONS, type Operation, TAGS } from './operations.ts';
import { bodySchemas, referenceTo } from './schemas.ts';

/** The failures of every operation. */
const COMMON_FAILURES: readonly FailureCode[] = ['bad_request', 'foreign_host', 'foreign_origin', 'internal'];
/** The additional failures of an operation that needs a login. */
const LOGIN_FAILURES: readonly FailureCode[] = ['unauthorized', 'forbidden', 'too_many_requests'];

/** Describes the HTTP API (OpenAPI 3.1). `version` is that of the program, `telemetryPath` that of the metrics. */
export function apiDescription(version: string, telemetryPath: string): object {
  return {
    openapi: '3.1.0',
    info: {
      title: 'tmux-exporter',
      version,
      summary: 'Deaths of tmux servers, as events and as metrics',
      description:
        'GET also answers HEAD. An answer may get more fields, and a closed set more values: readers ignore what they do not know.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // Relative to this document, so that a proxy may add a prefix.
    servers: [{ url: '../..' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(operationsWith(telemetryPath)),
    components: {
      schemas: bodySchemas(),
      securitySchemes: {
        user: { type: 'http', scheme: 'basic', description: 'A user of basic_auth_users, for reading.' },
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of web.tokens, or the own one of the exporter.',
        },
      },
    },
  };
}

/** With the metrics at `/` there is no landing page. */
function operationsWith(telemetryPath: string): Operation[] {
  const isHidden = ({ path }: Operation) => path === telemetryPath && path !== METRICS_PATH;
  return OPERATIONS.filter((operation) => !isHidden(operation)).map((operation) =>
    operation.path === METRICS_PATH ? { ...operation, path: telemetryPath } : operation,
  );
}

function pathsOf(operations: readonly Operation[]): object {
  const groups = Map.groupBy(operations, ({ path }) => path);
  return Object.fromEntries([...groups].map(([path, group]) => [path, pathItem(group)]));
}

function pathItem(operations: readonly Operation[]): object {
  return Object.fromEntries(operations.map((operation) => [operation.method, operationObject(operation)]));
}

function operationObject({ id, tag, summary, scope, parameters, body, answers, failures }: Operation): object {
  const allFailures = [...failures, ...COMMON_FAILURES, ...(scope === null ? [] : LOGIN_FAILURES)];
  return {
    operationId: id,
    tags: [tag],
    summary,
    security: SECURITY[scope ?? 'none'],
    ...(parameters && {
      parameters: parameters.map((parameter) => ({ ...parameter, required: parameter.in === 'path' })),
    }),
    ...(body && { requestBody: { required: true, content: contentOf({ json: body }) } }),
    responses: { ...answerObjects(answers), ...failureObjects(allFailures) },
  };
}

/** Reading is open to all unless users or tokens are configured. */
const SECURITY: Readonly<Record<Scope | 'none', readonly object[]>> = {
  none: [],
  read: [{}, { user: [] }, { token: [] }],
  write: [{ token: [] }],
  alerts: [{ token: [] }],
};

function answerObjects(answers: Operation['answers']): object {
  return Object.fromEntries(
    Object.entries(answers).map(([status, [description, content]]) => [
      status,
      { description, ...(content && { content: contentOf(content) }) },
    ]),
  );
}

function failureObjects(codes: readonly FailureCode[]): object {
  const groups = Map.groupBy(new Set(codes), (code) => STATUS[code]);
  return Object.fromEntries(
    [...groups].map(([status, group]) => [
      status,
      { description: `Failed: ${group.join(', ')}.`, content: contentOf({ json: 'Failure' }) },
    ]),
  );
}

function contentOf(content: Content): object {
  if ('json' in content) return { 'application/json': { schema: { $ref: referenceTo(content.json) } } };
  return Object.fromEntries(content.mediaTypes.map((mediaType) => [mediaType, { schema: { type: 'string' } }]));
}
