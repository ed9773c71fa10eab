import * as z from 'zod';
import type { OutboxKind, OutboxRows } from '../core/alert/outbox.ts';
import { EVENT_TYPES, EVENT_VERSION, SEVERITIES } from '../core/event/event.ts';
import { GONE_REASONS, SERVER_STATES } from '../core/model/server.ts';
import type { SavedServer } from '../core/record/record.ts';
import type { Tombstone } from '../core/record/view.ts';
import { isShowable } from '../core/text.ts';

// Objects are loose: keys that are not read here are kept.
const count = z.int().min(0);
const pid = z.int().min(1);
/** Unix milliseconds. */
const time = z.number().refine(isShowable, 'expected a time before the year 10000');
/** Unix seconds. */
const startTime = z.number().refine((seconds) => isShowable(seconds * 1_000), 'expected a time before the year 10000');
const text = z.string();
const id = z.string().min(1);

const target = z.looseObject({
  name: id,
  socket: z.string().startsWith('/'),
  given: z.string().startsWith('/').optional(),
  registration: z.enum(['static', 'api', 'discovered']),
  uid: count.optional(),
  displacedPid: pid.optional(),
});

const holds = z.looseObject({
  sessions: count,
  windows: count,
  panes: count,
  attached: count,
  session_names: z.array(text),
  commands: z.array(text),
});

const containment = z.looseObject({
  readAt: time,
  cgroup: text.nullable(),
  unit: z
    .looseObject({
      name: text,
      manager: z.enum(['system', 'user']),
      uid: count.nullable(),
      session: text.nullable(),
      invocation: text.nullable(),
    })
    .nullable(),
  memory: z
    .looseObject({
      version: z.literal([1, 2]),
      cgroup: text,
      inode: count,
      kills: count.nullable(),
      groupKills: count.nullable(),
      above: z.array(z.looseObject({ cgroup: text, kills: count })),
    })
    .nullable(),
  machineKills: count.nullable(),
});

/** The key that an earlier version used for a life's containment. */
const FORMER_CONTAINMENT = 'surroundings';

const storedLife = z
  .looseObject({
    incarnation: z.looseObject({ pid, startedAt: startTime }),
    process: z.looseObject({ pid, start: text }).nullable(),
    // An older version did not store them.
    details: z
      .looseObject({ command: text, boundPaths: z.array(text), isElsewhere: z.boolean() })
      .nullable()
      .default(null),
    uid: count,
    files: z.array(text).default([]),
    version: text.nullable(),
    sessions: z.array(z.looseObject({ id, name: text })).nullable(),
    holds: holds.nullable(),
    heldAt: time.optional(),
    lastSeenAt: time,
    containment: containment.nullable(),
    earlierBoot: z.boolean(),
  })
  // An older version stored only `lastSeenAt`, for both.
  .transform((stored) => ({ ...stored, heldAt: stored.heldAt ?? stored.lastSeenAt }));

const life = z.preprocess(withContainment, storedLife);

function withContainment(stored: unknown): unknown {
  if (typeof stored !== 'object' || stored === null || !(FORMER_CONTAINMENT in stored)) return stored;
  const { [FORMER_CONTAINMENT]: containment, ...rest } = stored;
  return { containment, ...rest };
}

const server = z.looseObject({
  target,
  state: z.enum(SERVER_STATES),
  since: time,
  unreachable: z.enum(['socket_lost', 'wedged', 'permission', 'version_mismatch']).nullable(),
  incident: id.nullable(),
  life: life.nullable(),
  fresh: z.boolean(),
});

const tombstone = z.looseObject({
  name: id,
  death: z.looseObject({ reason: z.enum(GONE_REASONS), at: time }),
  deaths: z.partialRecord(z.enum(GONE_REASONS), count),
  incident: id.nullable(),
  lingering: z.boolean(),
});

const event = z.looseObject({
  v: z.literal(EVENT_VERSION),
  id,
  type: z.enum(EVENT_TYPES),
  time: z.iso.datetime(),
  severity: z.enum(SEVERITIES),
  host: text,
  server: z.looseObject({ name: id, socket: text }).nullable(),
  incident: id.nullable(),
  title: text,
  body: text,
});

const notice = z.looseObject({
  id: count,
  status: z.enum(['firing', 'resolved', 'info']),
  reason: z.enum(['new', 'repeat', 'test']),
  event,
  ended: z.array(event),
  suppressed: count,
  queuedAt: time,
});

const OUTBOX: Readonly<Record<OutboxKind, z.ZodType>> = {
  notice,
  message: z.looseObject({
    id,
    notices: z.array(notice).min(1),
    createdAt: time,
    attempts: count,
    rejections: count,
    nextAt: time,
    problem: text.nullable(),
    diedAt: time.nullable(),
  }),
  incident: z.looseObject({ id, fired: z.array(event), toldAt: time, endedAt: time.nullable() }),
  cooldown: z.looseObject({
    key: id,
    until: z.number(),
    // An older version did not store it.
    begunBy: text.nullable().default(''),
    suppressed: count,
    held: z.looseObject({ fired: event, ended: event.nullable() }).nullable(),
  }),
  absence: z.looseObject({ since: time }),
};

/** A stored row, or its problem: where it is wrong, and what was expected. */
export type RowReading<Row> =
  | { readonly kind: 'read'; readonly row: Row }
  | { readonly kind: 'bad'; readonly problem: string };

/** Reads the row of a server that is stored under `name`. */
export function readServer(json: string, name: string): RowReading<SavedServer> {
  return keyed(read<SavedServer>(json, server), name, ({ target }) => target.name);
}

/** Reads the row of a death that is stored under `name`. */
export function readTombstone(json: string, name: string): RowReading<Tombstone> {
  return keyed(read<Tombstone>(json, tombstone), name, (row) => row.name);
}

/** Reads a row of the outbox. */
export function readOutboxRow(json: string, kind: string): RowReading<OutboxRows[OutboxKind]> {
  const schema = Object.entries(OUTBOX).find(([known]) => known === kind)?.[1];
  return schema
    ? read(json, schema)
    : { kind: 'bad', problem: `kind: expected one of ${Object.keys(OUTBOX).join(', ')}` };
}

function read<Row>(json: string, schema: z.ZodType): RowReading<Row> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return { kind: 'bad', problem: 'expected JSON' };
  }
  const { data, error } = schema.safeParse(value);
  const [issue] = error?.issues ?? [];
  if (issue) return { kind: 'bad', problem: `${issue.path.join('.')}: ${issue.message}` };
  // The schemas describe the same fields as the types, in looser objects.
  return { kind: 'read', row: data as Row };
}

/** Checks that a row is stored under its own key: otherwise it could never be deleted. */
function keyed<Row>(reading: RowReading<Row>, key: string, keyOf: (row: Row) => string): RowReading<Row> {
  if (reading.kind === 'bad' || keyOf(reading.row) === key) return reading;
  return { kind: 'bad', problem: 'name: expected the name that it is stored under' };
}
