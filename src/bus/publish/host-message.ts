import { countStates, startText } from '../../core/model/server.ts';
import type { ServerRecord } from '../../core/record/record.ts';
import { byteLength, timeText } from '../../core/text.ts';
import { HOST_MESSAGE_VERSION, MOST_HOST_MESSAGE_BYTES } from '../stream/streams.ts';

/** Leaves room for the headers. */
const MOST_BYTES = MOST_HOST_MESSAGE_BYTES - 1_024;

/** What a host message says besides the servers. */
export interface HostFacts {
  readonly name: string;
  readonly host: string;
  readonly version: string;
  readonly epoch: string;
  readonly head: number;
  /** Unix milliseconds. */
  readonly now: number;
  readonly advertise: string | null;
  readonly state: 'present' | 'left';
  readonly heartbeatMs: number;
}

/** The message about an exporter and its servers, in JSON. If the servers do not fit, only their number in each state is given. */
export function hostMessage(facts: HostFacts, records: readonly ServerRecord[]): string {
  const { name, host, version, epoch, head, now, advertise, state, heartbeatMs } = facts;
  const time = timeText(now);
  const common = {
    v: HOST_MESSAGE_VERSION,
    name,
    host,
    version,
    epoch,
    head,
    time,
    advertise,
    state,
    heartbeat_ms: heartbeatMs,
  };
  const whole = JSON.stringify({ ...common, servers: records.map(serverOf) });
  return byteLength(whole) <= MOST_BYTES ? whole : JSON.stringify({ ...common, counts: countStates(records) });
}

/** The states of all servers, as a text that changes if one of them does. */
export function statesText(records: readonly ServerRecord[]): string {
  return JSON.stringify(records.map(({ target, state, since }) => [target.name, state, since]));
}

function serverOf({ target, state, since, life, snapshot }: ServerRecord) {
  return {
    name: target.name,
    state,
    pid: life?.incarnation.pid ?? null,
    started_at: life ? startText(life.incarnation) : null,
    since: timeText(since),
    sessions: snapshot?.sessions.length ?? null,
    windows: snapshot?.windows.length ?? null,
    panes: snapshot?.panes.length ?? null,
  };
}
