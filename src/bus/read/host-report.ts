import { isEpoch } from '../../core/event/event-log.ts';
import type { FleetServer } from '../../core/fleet/fleet.ts';
import { isFleetName } from '../../core/fleet/fleet-name.ts';
import { isObject, type JsonObject, parseObject } from '../../core/json.ts';
import { isServerName } from '../../core/model/name.ts';
import { countStates, SERVER_STATES, type ServerState } from '../../core/model/server.ts';
import { HOST_MESSAGE_VERSION, MOST_HOST_MESSAGE_BYTES } from '../stream/streams.ts';
import { hostSubjectName } from '../stream/subjects.ts';
import { isCount, isHostName, isLine, isNullOr, isOneOf, isText, isTime } from './field.ts';
import { isReplayed, type ReceivedMessage, type Rejected, rejected, textOf } from './received-message.ts';

const LONGEST_VERSION = 64;
const LONGEST_URL = 2_048;

/** What an exporter reported of itself. */
export interface HostReport {
  readonly kind: 'report';
  readonly name: string;
  readonly host: string;
  readonly version: string;
  /** The epoch of its history. */
  readonly epoch: string;
  /** Sequence of the newest event of its history. */
  readonly head: number;
  readonly hasLeft: boolean;
  /** How often it reports itself. */
  readonly heartbeatMs: number;
  readonly advertise: string | null;
  /** Null if they did not fit. */
  readonly servers: readonly FleetServer[] | null;
  /** Whether every server could be read; the others are left out. */
  readonly isWhole: boolean;
  /** Servers by state. */
  readonly counts: Readonly<Partial<Record<ServerState, number>>>;
}

/** Reads the message in which an exporter reports itself. A key may be stolen, so each field is checked: they become labels, links and targets of Prometheus. */
export function readHostReport(prefix: string, message: ReceivedMessage): HostReport | Rejected {
  if (message.data.length > MOST_HOST_MESSAGE_BYTES) return rejected('size');
  if (isReplayed(message)) return rejected('replayed');
  const subject = hostSubjectName(prefix, message.subject);
  const text = textOf(message);
  const report = text === null ? null : parseObject(text);
  if (subject === null || !isFleetName(subject) || report === null) return rejected('body');
  const { v, name, host, version, epoch, head, time, advertise, state, heartbeat_ms } = report;
  if (name !== subject || !isHostName(host)) return rejected('host');
  const isSound =
    v === HOST_MESSAGE_VERSION && isTime(time) && isCount(heartbeat_ms) && isOneOf(['present', 'left'], state);
  if (!isSound || !isLine(version, LONGEST_VERSION) || !isText(epoch) || !isEpoch(epoch) || !isCount(head))
    return rejected('body');
  const contents = contentsOf(report);
  if (contents === null || !isNullOr(isWebUrl, advertise)) return rejected('body');
  return {
    kind: 'report',
    name: subject,
    host,
    version,
    epoch,
    head,
    advertise,
    hasLeft: state === 'left',
    heartbeatMs: heartbeat_ms,
    ...contents,
  };
}

/** Leaves out each server that cannot be read: one odd server must not silence its host. */
function contentsOf({ servers, counts }: JsonObject): Pick<HostReport, 'servers' | 'counts' | 'isWhole'> | null {
  if (servers === undefined)
    return isObject(counts) && isStateCounts(counts) ? { servers: null, counts, isWhole: true } : null;
  if (!Array.isArray(servers)) return null;
  const known = servers.filter(isFleetServer).map(serverOf);
  return { servers: known, counts: countStates(known), isWhole: known.length === servers.length };
}

function isStateCounts(counts: JsonObject): counts is Partial<Record<ServerState, number>> {
  return Object.entries(counts).every(([state, count]) => isOneOf(SERVER_STATES, state) && isCount(count));
}

function isFleetServer(server: unknown): server is FleetServer {
  if (!isObject(server)) return false;
  const { name, state, pid, started_at, since, sessions, windows, panes } = server;
  return (
    typeof name === 'string' &&
    isServerName(name) &&
    isOneOf(SERVER_STATES, state) &&
    isTime(since) &&
    isNullOr(isTime, started_at) &&
    [pid, sessions, windows, panes].every((count) => isNullOr(isCount, count))
  );
}

/** Only the fields that are known. */
function serverOf({ name, state, pid, started_at, since, sessions, windows, panes }: FleetServer): FleetServer {
  return { name, state, pid, started_at, since, sessions, windows, panes };
}

/** Whether it is a URL of HTTP without a password: people click it, and Prometheus scrapes it. */
function isWebUrl(value: unknown): value is string {
  if (!isLine(value, LONGEST_URL)) return false;
  const url = URL.parse(value);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}
