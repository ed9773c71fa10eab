import * as z from 'zod';
import { CAUSES } from '../../../src/core/death/cause.ts';
import {
  EVENT_TYPES,
  EVENT_VERSION,
  type EventDetails,
  type EventType,
  SEVERITIES,
  type TmuxEvent,
} from '../../../src/core/event/event.ts';
import { GONE_REASONS, SERVER_STATES } from '../../../src/core/model/server.ts';

const time = z.iso.datetime({ precision: 3 });
const count = z.int().min(0);
const id = z.string().regex(/^[A-Za-z0-9]{1,32}-\d{1,15}$/);
const text = z.string();
const session = z.object({ id: z.string().regex(/^\$\d+$/), name: text });

const server = z.object({
  name: text,
  socket: text,
  uid: z.int().nullable(),
  pid: z.int().nullable(),
  started_at: time.nullable(),
  version: text.nullable(),
  registration: z.enum(['static', 'api', 'discovered']),
});

const base = {
  v: z.literal(EVENT_VERSION),
  id,
  time,
  severity: z.enum(SEVERITIES),
  host: text,
  boot_id: text.nullable(),
  server: server.nullable(),
  incident: id.nullable(),
  title: text,
  body: text,
};

const lost = z.object({
  as_of: time,
  sessions: count,
  windows: count,
  panes: count,
  attached: count,
  session_names: z.array(text).max(20),
  commands: z.array(text).max(20),
});

const connect = z.enum(['accepted', 'busy', 'refused', 'absent', 'denied', 'not_a_socket', 'failed']);

const evidence = z.object({
  trigger: z.enum(['poll', 'watch', 'start']),
  connect,
  pid_alive: z.boolean().nullable(),
  listening: z.boolean().nullable(),
  tmux: text,
  cgroup: text.nullable(),
});

const facts = z.object({
  window_seconds: z.number().nullable(),
  cgroup: text.nullable(),
  oom_kills: count.nullable(),
  machine_oom_kills: count.nullable(),
  kernel_log: z.enum(['names_it', 'names_others', 'silent', 'unreadable']),
  unit: text.nullable(),
  unit_result: text.nullable(),
  oom_policy: text.nullable(),
  login_ended: z.boolean().nullable(),
});

const DETAILS = {
  'server-registered': {},
  'server-up': {},
  'server-gone': {
    reason: z.enum(GONE_REASONS),
    cause: z.enum(CAUSES),
    evidence,
    last_seen: time.nullable(),
    detected_at: time,
    detection_ms: count,
    uptime_seconds: count.nullable(),
    lost: lost.nullable(),
  },
  'server-gone-cause': { gone: id, reason: z.enum(GONE_REASONS), cause: z.enum(CAUSES), evidence: text, facts },
  'server-unresponsive': { timeouts: count },
  'server-recovered': { from: z.enum(SERVER_STATES), outage_seconds: count },
  'server-unreachable': {
    cause: z.enum(['socket_lost', 'wedged', 'permission', 'version_mismatch']),
    cure: text,
  },
  'server-unregistered': {},
  'session-created': { session },
  'session-closed': { session },
  'session-renamed': { session, previous_name: text },
  'sessions-changed': { created: count, closed: count, renamed: count, sessions: count },
  'host-rebooted': { previous_boot_id: text.nullable(), lost: count, server_names: z.array(text).max(20) },
  alert: {
    status: z.enum(['firing', 'resolved']),
    alertname: text,
    fingerprint: text,
    starts_at: text,
    ends_at: text.nullable(),
    labels: z.record(z.string(), text),
    annotations: z.record(z.string(), text),
  },
} satisfies { readonly [T in EventType]: z.ZodRawShape };

type Described = {
  readonly [T in EventType]: keyof (typeof DETAILS)[T] extends never
    ? object
    : Frozen<z.infer<z.ZodObject<(typeof DETAILS)[T]>>>;
};

type Frozen<T> = T extends readonly (infer Item)[] ? readonly Frozen<Item>[] : T extends object ? FrozenObject<T> : T;
type FrozenObject<T> = { readonly [K in keyof T]: Frozen<T[K]> };

/** Does not compile if the types of the program and the schema have different fields, or a type does not fit the schema. */
type FittingTypes = {
  readonly [T in EventType]: [EventDetails[T], keyof EventDetails[T], keyof Described[T]] extends [
    Described[T],
    keyof Described[T],
    keyof EventDetails[T],
  ]
    ? z.ZodRawShape
    : never;
};

const events = z.union(
  EVENT_TYPES.map((type) => {
    return z.object({ ...base, type: z.literal(type), ...(DETAILS satisfies FittingTypes)[type] });
  }),
);

/** The JSON Schema of the events, as people get it: more fields may come, those that are here stay. */
export function eventSchema(): object {
  return {
    $id: 'https://github.com/tmux-exporter/tmux-exporter/schema/events.schema.json',
    title: 'An event of tmux-exporter',
    description: 'One event of GET /events. Changes are additive: readers ignore fields and types they do not know.',
    ...z.toJSONSchema(events, { target: 'draft-2020-12', io: 'input' }),
  };
}

/** The same for ourselves: no field may be there that it does not know. */
export function strictEventSchema(): object {
  return z.toJSONSchema(events, { target: 'draft-2020-12', io: 'output' });
}

/** Returns what is wrong with an event; null if nothing is. */
export function schemaProblem(event: TmuxEvent): string | null {
  const result = events.safeParse(event);
  return result.success ? null : z.prettifyError(result.error);
}
