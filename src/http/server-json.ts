import type { Cause } from '../core/death/cause.ts';
import { type Cure, stoppedCure } from '../core/death/cure.ts';
import type { Failure } from '../core/model/observation.ts';
import {
  type GoneReason,
  type Registration,
  type ServerState,
  startText,
  type UnreachableCause,
} from '../core/model/server.ts';
import { tallyServer } from '../core/model/tally.ts';
import { pidOf, type ServerRecord } from '../core/record/record.ts';
import type { Tombstone } from '../core/record/view.ts';
import { timeText } from '../core/text.ts';
import { UNREACHABLE_TEXT } from '../core/wording/wording.ts';

/** A server as the API, the feed and the landing page show it. Times are RFC 3339 in UTC. */
export interface ServerJson {
  readonly name: string;
  /** Absolute path of the socket. */
  readonly socket: string;
  readonly registration: Registration;
  readonly state: ServerState;
  /** Since when it is in that state. */
  readonly since: string;
  /** Whether the last poll reached it. */
  readonly up: boolean;
  readonly unreachable: UnreachableCause | null;
  /** How a person can fix it; null if no fix is known. */
  readonly cure: Cure | null;
  /** How the last poll failed; null if it did not. */
  readonly failure: Failure | null;
  /** Its present life; null before its first answer and after its death. */
  readonly incarnation: { readonly pid: number; readonly started_at: string } | null;
  readonly version: string | null;
  /** All counts are of distinct objects, and null if the last poll failed: old values are not shown, and unknown is not 0. */
  readonly sessions: number | null;
  readonly windows: number | null;
  readonly panes: number | null;
  readonly attached_sessions: number | null;
  readonly last_seen: string | null;
  readonly last_death: { readonly reason: GoneReason; readonly cause: Cause; readonly at: string } | null;
}

/** Describes a server. The tombstone of its name knows the death of its former life. */
export function describeServer(record: ServerRecord, tombstone: Tombstone | null): ServerJson {
  const { target, life } = record;
  const death = record.death ?? tombstone?.death ?? null;
  return {
    name: target.name,
    socket: target.socket,
    registration: target.registration,
    state: record.state,
    since: timeText(record.since),
    up: record.snapshot !== null,
    unreachable: record.unreachable,
    cure: cureOf(record),
    failure: record.failure,
    incarnation: life && { pid: life.incarnation.pid, started_at: startText(life.incarnation) },
    version: life?.version ?? null,
    ...countsOf(record),
    last_seen: life && timeText(life.lastSeenAt),
    last_death: death && { reason: death.reason, cause: death.cause, at: timeText(death.at) },
  };
}

function cureOf(record: ServerRecord): Cure | null {
  const { unreachable, life, failure } = record;
  if (unreachable) return UNREACHABLE_TEXT[unreachable].cure(record);
  const cure = life && stoppedCure(pidOf(life));
  return cure && failure?.message.endsWith(cure.text) ? cure : null;
}

type Counts = Pick<ServerJson, 'sessions' | 'windows' | 'panes' | 'attached_sessions'>;

const UNKNOWN: Counts = { sessions: null, windows: null, panes: null, attached_sessions: null };

function countsOf({ snapshot }: ServerRecord): Counts {
  if (!snapshot) return UNKNOWN;
  const { sessions, windows, panes, attachedSessions } = tallyServer(snapshot);
  return { sessions, windows, panes, attached_sessions: attachedSessions };
}
