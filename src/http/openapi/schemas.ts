import * as z from 'zod';
import { CAUSES } from '../../core/death/cause.ts';
import { EVENT_TYPES, EVENT_VERSION, SEVERITIES } from '../../core/event/event.ts';
import { type FleetServer, HOST_STATES } from '../../core/fleet/fleet.ts';
import { FAILURE_REASONS, GONE_REASONS, SERVER_STATES } from '../../core/model/server.ts';
import { Notification } from '../alerts.ts';
import { FAILURE_CODES } from '../api-failure.ts';
import type { TargetGroup } from '../fleet/discovery.ts';
import type { HostJson, HostWithServersJson } from '../fleet/host-json.ts';
import type { ServerJson } from '../server-json.ts';
import { Registration } from '../servers.ts';
import { Replay } from '../webhooks.ts';

const time = z.iso.datetime();
const count = z.int().min(0);
const text = z.string();

const Failure = z.object({ error: z.object({ code: z.enum(FAILURE_CODES), message: text }) });

const Server = z.object({
  name: text,
  socket: text.describe('Absolute path of the socket.'),
  registration: z.enum(['static', 'api', 'discovered']),
  state: z.enum(SERVER_STATES),
  since: time.describe('Since when it is in that state.'),
  up: z.boolean().describe('Whether the last poll reached it.'),
  unreachable: z.enum(['socket_lost', 'wedged', 'permission', 'version_mismatch']).nullable(),
  cure: z.object({ text, command: text.nullable() }).nullable(),
  failure: z.object({ reason: z.enum(FAILURE_REASONS), message: text }).nullable(),
  incarnation: z.object({ pid: count, started_at: time }).nullable(),
  version: text.nullable().describe('Version of its tmux.'),
  sessions: count.nullable(),
  windows: count.nullable(),
  panes: count.nullable(),
  attached_sessions: count.nullable(),
  last_seen: time.nullable(),
  last_death: z.object({ reason: z.enum(GONE_REASONS), cause: z.enum(CAUSES), at: time }).nullable(),
}) satisfies z.ZodType<ServerJson>;

const Event = z
  .looseObject({
    v: z.literal(EVENT_VERSION),
    id: text,
    type: z.enum(EVENT_TYPES),
    time,
    severity: z.enum(SEVERITIES),
    host: text,
    name: text.optional().describe('What its exporter is called in the fleet. Only in the events of a fleet.'),
    cursor: text.optional().describe('Its place in the log of the fleet. Only in the events of a fleet.'),
    boot_id: text.nullable(),
    server: z.looseObject({ name: text, socket: text }).nullable(),
    incident: text.nullable(),
    title: text,
    body: text,
  })
  .describe('schema/events.schema.json of the package has the fields of each type.');

const EventPage = z.object({
  events: z.array(Event).describe('Oldest first.'),
  gap: z
    .object({ reason: text, missed: count.nullable() })
    .nullable()
    .describe('What is missing before them; null if nothing is.'),
  next: text.describe('The id to send as after for the next page.'),
  newest: text,
});

const counts = z.partialRecord(z.enum(SERVER_STATES), count).describe('Servers by state.');

const Host = z.object({
  name: text.describe('What it is called in the fleet.'),
  host: text.describe('The name of its machine.'),
  version: text,
  state: z.enum(HOST_STATES),
  last_seen: time,
  advertise: text.nullable().describe('The URL at which Prometheus reaches it.'),
  counts,
  behind: count.describe('How many of its events have not arrived yet.'),
}) satisfies z.ZodType<HostJson>;

const HostServer = z.object({
  name: text,
  state: z.enum(SERVER_STATES),
  pid: count.nullable(),
  started_at: time.nullable(),
  since: time,
  sessions: count.nullable(),
  windows: count.nullable(),
  panes: count.nullable(),
}) satisfies z.ZodType<FleetServer>;

const HostWithServers = Host.extend({
  servers: z.array(HostServer).nullable().describe('Null if it has too many to report them.'),
}) satisfies z.ZodType<HostWithServersJson>;

const TargetGroups = z.array(z.object({ targets: z.array(text), labels: z.record(text, text) })) satisfies z.ZodType<
  readonly TargetGroup[]
>;

const Receiver = z.object({
  name: text,
  format: text,
  state: z.enum(['idle', 'waiting', 'retrying', 'off']),
  queued: count,
  oldest: time.nullable(),
  attempts: count.describe('Failed attempts of the present message.'),
  next_attempt: time.nullable(),
  problem: text.nullable(),
  dead: count.describe('Messages that were given up.'),
});

const DeadLetter = z.object({
  id: text,
  receiver: text,
  created: time,
  died: time.nullable(),
  attempts: count,
  problem: text.nullable(),
  notices: count,
  title: text.describe('Title of its first event.'),
});

/** Every body of a request or an answer, by name. */
const BODIES = {
  Failure,
  Server,
  Host,
  HostServer,
  HostWithServers,
  HostList: z.object({ hosts: z.array(Host) }),
  TargetGroups,
  ServerList: z.object({ servers: z.array(Server) }),
  Registration,
  Event,
  EventPage,
  Receiver,
  ReceiverList: z.object({ receivers: z.array(Receiver) }),
  DeadLetter,
  DeadLetterList: z.object({ messages: z.array(DeadLetter) }),
  Replay,
  Replayed: z.object({ replayed: count }),
  AlertNotification: Notification,
  AlertReception: z.object({ told: count, duplicates: count }),
  Description: z.looseObject({ openapi: text }),
};

export type BodyName = keyof typeof BODIES;

/** The JSON schemas of all bodies, which refer to each other. An answer may get more fields in later versions. */
export function bodySchemas(): Readonly<Record<string, object>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(BODIES)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: referenceTo });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema] as const),
  );
}

/** A reference to the schema of a body. */
export function referenceTo(name: string): string {
  return `#/components/schemas/${name}`;
}
