import { EVENT_TYPES, SEVERITIES } from '../../core/event/event.ts';
import { FEED_SCOPES } from '../../core/fleet/feed-scope.ts';
import type { Scope } from '../../core/scope.ts';
import type { FailureCode } from '../api-failure.ts';
import type { Method } from '../route.ts';
import type { BodyName } from './schemas.ts';

/** A body: one of the API, in JSON, or another media type. */
export type Content = { readonly json: BodyName } | { readonly mediaTypes: readonly string[] };

/** A parameter of a path or a query. */
export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly description: string;
  readonly schema: object;
}

/** A method of a path. */
export interface Operation {
  readonly path: string;
  readonly method: Method;
  readonly id: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  /** The scope that its sender needs; null for none, at any address. */
  readonly scope: Scope | null;
  readonly parameters?: readonly Parameter[];
  readonly body?: BodyName;
  /** By status. */
  readonly answers: Readonly<Record<number, readonly [description: string, content: Content | null]>>;
  /** Its failures, besides those that every operation has. */
  readonly failures: readonly FailureCode[];
}

/** The groups of operations. */
export const TAGS = {
  operations: 'The exporter itself.',
  metrics: 'What Prometheus scrapes.',
  events: 'Deaths and all other events, live or from the history.',
  servers: 'The tmux servers that are registered. A hub has none.',
  fleet: 'The hosts of a fleet. Only a hub has them; another exporter answers 404.',
  'web hooks': 'Messages to receivers, and alerts from an Alertmanager.',
};

const TEXT: Content = { mediaTypes: ['text/plain'] };
const BODY_FAILURES = ['invalid_json', 'invalid_body', 'body_too_large', 'unsupported_media_type'] as const;

const NAME: Parameter = {
  in: 'path',
  name: 'name',
  description: 'Name of the server; a slash in it is sent as %2F.',
  schema: { type: 'string' },
};

const HOST_NAME: Parameter = {
  in: 'path',
  name: 'name',
  description: 'What the host is called in the fleet.',
  schema: { type: 'string' },
};

const FLEET_PARAMETERS: readonly Parameter[] = [
  query('scope', 'The events of this exporter, or of its fleet: the default on a hub.', {
    type: 'string',
    enum: FEED_SCOPES,
  }),
  query('host', 'Only these hosts of the fleet: names, or patterns with *.', {
    type: 'array',
    items: { type: 'string' },
  }),
];

const FEED_PARAMETERS: readonly Parameter[] = [
  query('format', 'The format of the stream.', { type: 'string', enum: ['sse', 'ndjson'], default: 'sse' }),
  ...FLEET_PARAMETERS,
  query('server', 'Only these servers: names, or patterns with *.', { type: 'array', items: { type: 'string' } }),
  query('type', 'Only these types.', { type: 'array', items: { type: 'string', enum: EVENT_TYPES } }),
  query('severity', 'Only events of at least this severity.', { type: 'string', enum: SEVERITIES }),
  query('last_event_id', 'Go on after this event.', { type: 'string' }),
  query('since', 'Begin in the past: 90s, 10m, 12h, 7d, or all.', { type: 'string' }),
  query('poll', 'With 1, the stream ends once all past events are sent.', { type: 'string', enum: ['0', '1'] }),
  { in: 'header', name: 'Last-Event-ID', description: 'Wins over last_event_id.', schema: { type: 'string' } },
];

/** The default path of the metrics. */
export const METRICS_PATH = '/metrics';

/** All operations of the API. */
export const OPERATIONS: readonly Operation[] = [
  {
    path: '/',
    method: 'get',
    id: 'getLandingPage',
    tag: 'operations',
    summary: 'The landing page, for people',
    scope: 'read',
    answers: { 200: ['The page.', { mediaTypes: ['text/html'] }] },
    failures: [],
  },
  {
    path: '/-/healthy',
    method: 'get',
    id: 'getHealthy',
    tag: 'operations',
    summary: 'Whether the exporter runs',
    scope: null,
    answers: { 200: ['It runs.', TEXT] },
    failures: [],
  },
  {
    path: '/-/ready',
    method: 'get',
    id: 'getReady',
    tag: 'operations',
    summary: 'Whether its first poll has ended, or a hub has read the bus',
    scope: null,
    answers: { 200: ['It is ready.', TEXT] },
    failures: ['not_ready'],
  },
  {
    path: '/-/reload',
    method: 'post',
    id: 'reload',
    tag: 'operations',
    summary: 'Read the configuration again, if web.enable_lifecycle is on',
    scope: 'write',
    answers: { 200: ['The new configuration is in force.', TEXT] },
    failures: ['not_enabled', 'reload_failed'],
  },
  {
    path: '/api/v1/openapi.json',
    method: 'get',
    id: 'getDescription',
    tag: 'operations',
    summary: 'This description',
    scope: 'read',
    answers: { 200: ['A document of OpenAPI 3.1.', { json: 'Description' }] },
    failures: [],
  },
  {
    path: METRICS_PATH,
    method: 'get',
    id: 'getMetrics',
    tag: 'metrics',
    summary: 'The metrics, for Prometheus',
    scope: 'read',
    answers: {
      200: ['The format is chosen by Accept.', { mediaTypes: ['text/plain', 'application/openmetrics-text'] }],
    },
    failures: [],
  },
  {
    path: '/events',
    method: 'get',
    id: 'followEvents',
    tag: 'events',
    summary: 'Follow the events, from any point of the history',
    scope: 'read',
    parameters: FEED_PARAMETERS,
    answers: { 200: ['A stream.', { mediaTypes: ['text/event-stream', 'application/x-ndjson'] }] },
    failures: ['invalid_parameter', 'too_many_requests', 'busy'],
  },
  {
    path: '/api/v1/events',
    method: 'get',
    id: 'listEvents',
    tag: 'events',
    summary: 'A page of the history, or of the log of the fleet, oldest event first',
    scope: 'read',
    parameters: [
      query('after', 'Begin after this event; at the oldest one without it.', { type: 'string' }),
      query('limit', 'How many events a page has.', { type: 'integer', minimum: 1, maximum: 1000, default: 100 }),
      ...FLEET_PARAMETERS,
    ],
    answers: { 200: ['The page.', { json: 'EventPage' }] },
    failures: ['invalid_parameter', 'no_local', 'no_fleet', 'not_ready'],
  },
  {
    path: '/api/v1/servers',
    method: 'get',
    id: 'listServers',
    tag: 'servers',
    summary: 'All registered servers',
    scope: 'read',
    answers: { 200: ['The servers, by name.', { json: 'ServerList' }] },
    failures: [],
  },
  {
    path: '/api/v1/servers/{name}',
    method: 'get',
    id: 'getServer',
    tag: 'servers',
    summary: 'One registered server',
    scope: 'read',
    parameters: [NAME],
    answers: { 200: ['The server.', { json: 'Server' }] },
    failures: ['unknown_server'],
  },
  {
    path: '/api/v1/servers/{name}',
    method: 'put',
    id: 'registerServer',
    tag: 'servers',
    summary: 'Register the server of a socket',
    scope: 'write',
    parameters: [NAME],
    body: 'Registration',
    answers: {
      200: ['It was registered before.', { json: 'Server' }],
      201: ['It is registered.', { json: 'Server' }],
    },
    failures: [...BODY_FAILURES, 'invalid_name', 'name_taken', 'socket_taken', 'ignored', 'limit'],
  },
  {
    path: '/api/v1/servers/{name}',
    method: 'delete',
    id: 'deregisterServer',
    tag: 'servers',
    summary: 'Deregister a server, and forget its deaths',
    scope: 'write',
    parameters: [NAME],
    answers: { 204: ['It is not registered any more.', null] },
    failures: ['unknown_server'],
  },
  {
    path: '/api/v1/hosts',
    method: 'get',
    id: 'listHosts',
    tag: 'fleet',
    summary: 'All hosts of the fleet',
    scope: 'read',
    answers: { 200: ['The hosts, by name.', { json: 'HostList' }] },
    failures: ['not_found', 'not_ready'],
  },
  {
    path: '/api/v1/hosts/{name}',
    method: 'get',
    id: 'getHost',
    tag: 'fleet',
    summary: 'One host of the fleet, with its servers',
    scope: 'read',
    parameters: [HOST_NAME],
    answers: { 200: ['The host.', { json: 'HostWithServers' }] },
    failures: ['unknown_host', 'not_found', 'not_ready'],
  },
  {
    path: '/api/v1/hosts/{name}',
    method: 'delete',
    id: 'forgetHost',
    tag: 'fleet',
    summary: 'Forget a host, and remove its report from the bus',
    scope: 'write',
    parameters: [HOST_NAME],
    answers: { 204: ['It is forgotten, until it reports itself again.', null] },
    failures: ['unknown_host', 'not_found', 'not_ready', 'bus_failed'],
  },
  {
    path: '/sd',
    method: 'get',
    id: 'discoverTargets',
    tag: 'metrics',
    summary: 'The exporters of the fleet, for http_sd_configs of Prometheus',
    scope: 'read',
    answers: { 200: ['The hosts that advertise a URL and have not left.', { json: 'TargetGroups' }] },
    failures: ['not_found', 'not_ready'],
  },
  {
    path: '/api/v1/webhooks',
    method: 'get',
    id: 'listReceivers',
    tag: 'web hooks',
    summary: 'The receivers, and what waits for them',
    scope: 'read',
    answers: { 200: ['The receivers.', { json: 'ReceiverList' }] },
    failures: [],
  },
  {
    path: '/api/v1/webhooks/dead',
    method: 'get',
    id: 'listDeadLetters',
    tag: 'web hooks',
    summary: 'The messages that were given up, oldest first',
    scope: 'read',
    answers: { 200: ['The messages.', { json: 'DeadLetterList' }] },
    failures: [],
  },
  {
    path: '/api/v1/webhooks/replay',
    method: 'post',
    id: 'replayDeadLetters',
    tag: 'web hooks',
    summary: 'Deliver one of them again, or all',
    scope: 'write',
    body: 'Replay',
    answers: { 200: ['How many are delivered again.', { json: 'Replayed' }] },
    failures: [...BODY_FAILURES, 'unknown_message'],
  },
  {
    path: '/api/v1/alerts',
    method: 'post',
    id: 'receiveAlerts',
    tag: 'web hooks',
    summary: 'Take the web hook of an Alertmanager or of Grafana, if alerts.receive is on',
    scope: 'alerts',
    body: 'AlertNotification',
    answers: { 200: ['All of it is stored.', { json: 'AlertReception' }] },
    failures: [...BODY_FAILURES, 'not_enabled', 'not_stored'],
  },
];

function query(name: string, description: string, schema: object): Parameter {
  return { in: 'query', name, description, schema };
}
