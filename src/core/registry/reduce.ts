import type { Past, Verdict } from '../death/verdict.ts';
import { diffSessions } from '../event/diff.ts';
import type { EventDraft } from '../event/event.ts';
import type { Answer, Observation } from '../model/observation.ts';
import type { ServerState, UnreachableCause } from '../model/server.ts';
import type { Life, ServerRecord } from '../record/record.ts';
import {
  recoveredDraft,
  sessionDraft,
  sessionsDraft,
  unreachableDraft,
  unresponsiveDraft,
  upDraft,
} from '../wording/draft.ts';
import { hasUncertainCommand, lossOf } from '../wording/loss.ts';

/** More changes of the sessions of one server at one poll are one event. */
export const MOST_SESSION_EVENTS = 100;

/** The next record of a server that was not found dead, and its events. */
export interface Reduction {
  readonly record: ServerRecord;
  readonly events: readonly EventDraft[];
}

/** The verdicts after which the registration continues with the same life, or with its first one. */
export type LivingVerdict = Extract<Verdict, { kind: 'up' | 'unproven' | 'unresponsive' | 'unreachable' | 'failed' }>;

/** The part of a record that the verdict depends on. */
export function pastOf({ seenAlive, life, timeouts, refusedSince, undecided }: ServerRecord): Past {
  return {
    seenAlive,
    incarnation: life?.incarnation ?? null,
    process: life?.process ?? null,
    earlierBoot: life?.earlierBoot ?? false,
    timeouts,
    refusedSince,
    undecided,
  };
}

/** Applies the result of one poll to a record: makes the next record, and the events that report the change. */
export function reduce(record: ServerRecord, observation: Observation, verdict: LivingVerdict, now: number): Reduction {
  const { answer } = observation;
  if (answer.kind === 'snapshot') {
    const life = lifeFrom(answer, now, record);
    const isProven = verdict.kind !== 'unproven';
    const next = { ...record, undecided: isProven ? 0 : record.undecided + 1 };
    return answered(next, isProven ? life : unprovenLife(life, record), answer, observation.durationMs, now);
  }
  const failed = afterFailure(record, observation, answer);
  switch (verdict.kind) {
    case 'unresponsive':
      return becameUnresponsive(failed, now);
    case 'unreachable':
      return becameUnreachable(failed, verdict.cause, now);
    default:
      return { record: failed, events: [] };
  }
}

type SnapshotAnswer = Extract<Answer, { kind: 'snapshot' }>;

function answered(
  record: ServerRecord,
  life: Life,
  { snapshot }: SnapshotAnswer,
  durationMs: number,
  now: number,
): Reduction {
  const next: ServerRecord = {
    ...inState(record, 'up', now),
    seenAlive: true,
    life,
    foundFile: null,
    snapshot,
    failure: null,
    pollMs: durationMs,
    timeouts: 0,
    refusedSince: null,
    isPathTaken: false,
    leadsTo: null,
    clockSetMs: record.life ? record.clockSetMs : 0,
    death: null,
    incident: null,
  };
  return { record: next, events: [...returnEvents(record, life, now), ...sessionEvents(record, life)] };
}

/** The event of a server that was not up before its answer. A pending one has a life if that was known by another name. */
function returnEvents(record: ServerRecord, life: Life, now: number): EventDraft[] {
  if (record.life === null || record.state === 'pending') return [upDraft(record, life)];
  return record.state === 'up' ? [] : [recoveredDraft(record, life, now)];
}

function sessionEvents(record: ServerRecord, life: Life): EventDraft[] {
  const { life: before } = record;
  // Its sessions at the first answer are no changes, and neither are sessions that were not stored before a restart.
  if (!before?.holds || before.sessions === null || life.sessions === null) return [];
  if (before.sessions === life.sessions) return [];
  const changes = diffSessions(before.sessions, life.sessions);
  if (changes.length > MOST_SESSION_EVENTS) return [sessionsDraft(record, life, changes)];
  return changes.map((change) => sessionDraft(record, life, change));
}

/** The socket files of a server after an answer. If it made its socket anew, its former files are dropped: their inodes may belong to other sockets by now. */
function filesFrom({ file }: SnapshotAnswer, before: readonly string[]): readonly string[] {
  if (file === null) return [];
  return before[0] === file ? before : [file];
}

function lifeFrom(answer: SnapshotAnswer, now: number, { life, snapshot: before }: ServerRecord): Life {
  const { snapshot, process, details, uid, containment } = answer;
  const { incarnation, version } = snapshot;
  const known = snapshot === before ? life : null;
  return {
    incarnation,
    process,
    details,
    uid,
    files: filesFrom(answer, life?.files ?? []),
    version,
    sessions: known?.sessions ?? snapshot.sessions.map(({ id, name }) => ({ id, name })),
    holds: known?.holds && !hasUncertainCommand(snapshot) ? known.holds : lossOf(snapshot, before),
    heldAt: now,
    lastSeenAt: now,
    containment,
    earlierBoot: false,
  };
}

/** The life after an answer that is not proven to be its own: it keeps what only a proof can change, so the next poll tries to prove it again. */
function unprovenLife(life: Life, { life: known }: ServerRecord): Life {
  if (known === null) return life;
  const { process, details, uid, files, containment } = known;
  return { ...life, process, details, uid, files, containment };
}

function afterFailure(
  record: ServerRecord,
  { evidence, durationMs, startedAt }: Observation,
  { failure }: Extract<Answer, { kind: 'failure' }>,
): ServerRecord {
  const listens = evidence.connect === 'accepted' || evidence.connect === 'busy' || evidence.listening === true;
  // A living process counts as seen, whether it answers or not.
  const isAlive = record.life !== null && evidence.process === 'alive';
  // If the server listens and its path refuses, another server that has died left its socket there.
  const isStale = evidence.connect === 'refused' && evidence.listening === true;
  return {
    ...record,
    seenAlive: record.seenAlive || listens,
    life: isAlive && record.life ? { ...record.life, lastSeenAt: startedAt } : record.life,
    foundFile: null,
    snapshot: null,
    failure,
    pollMs: durationMs,
    timeouts: failure.reason === 'timeout' ? record.timeouts + 1 : 0,
    refusedSince: evidence.connect === 'refused' ? (record.refusedSince ?? startedAt) : null,
    isPathTaken: isStale || evidence.connect === 'not_a_socket',
    leadsTo: null,
  };
}

function becameUnresponsive(record: ServerRecord, now: number): Reduction {
  if (record.state === 'unresponsive') return { record, events: [] };
  return { record: inState(record, 'unresponsive', now), events: [unresponsiveDraft(record, record.timeouts)] };
}

function becameUnreachable(record: ServerRecord, cause: UnreachableCause, now: number): Reduction {
  if (record.state === 'unreachable' && record.unreachable === cause) return { record, events: [] };
  return {
    record: { ...inState(record, 'unreachable', now), unreachable: cause },
    events: [unreachableDraft(record, cause)],
  };
}

function inState(record: ServerRecord, state: ServerState, now: number): ServerRecord {
  if (record.state === state) return record;
  return { ...record, state, since: now, unreachable: null, death: null };
}
