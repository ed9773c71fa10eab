import type { Cause, CauseFinding } from '../death/cause.ts';
import type { SessionChange } from '../event/diff.ts';
import type { EventDetails, EventDraft, EventType, ServerReference, Severity, TmuxEvent } from '../event/event.ts';
import type { Evidence, Observation } from '../model/observation.ts';
import { type GoneReason, startText, type UnreachableCause } from '../model/server.ts';
import type { Death, Life, ServerRecord } from '../record/record.ts';
import { countText, fitNames, listText, shorten, spanText, timeText } from '../text.ts';
import { LONGEST_NAME, MOST_NAMES, NAME_BYTES } from './loss.ts';
import {
  asOfText,
  CAUSE_TEXT,
  contentText,
  deathText,
  evidenceText,
  fitName,
  lossText,
  NOTHING,
  SHOWN_NAME,
  sessionsText,
  socketText,
  UNREACHABLE_TEXT,
} from './wording.ts';

/** The server of `record` as its events name it. The process, owner and version are those of `life`. */
export function serverReference({ target }: ServerRecord, life: Life | null): ServerReference {
  return {
    name: target.name,
    socket: target.socket,
    uid: life?.uid ?? null,
    pid: life?.incarnation.pid ?? null,
    started_at: life ? startText(life.incarnation) : null,
    version: life?.version ?? null,
    registration: target.registration,
  };
}

/** `server-registered`: the server is polled from now on. */
export function registeredDraft(record: ServerRecord): EventDraft {
  const { name, registration } = record.target;
  return draftOf(
    'server-registered',
    'info',
    record,
    null,
    {},
    {
      title: `tmux server ${name} registered`,
      body: `It is polled from now on (${registration}, ${socketText(record)}).`,
    },
  );
}

/** `server-unregistered`: the server is no longer polled under this name, whether it is alive or not. It may be registered under another one from now on. */
export function unregisteredDraft(record: ServerRecord, nextName: string | null = null): EventDraft {
  return draftOf(
    'server-unregistered',
    'info',
    record,
    record.life,
    {},
    {
      title: `tmux server ${record.target.name} unregistered`,
      body:
        nextName === null
          ? 'It is no longer polled. This does not mean that it died.'
          : `It is polled as ${nextName} from now on.`,
    },
  );
}

/** `server-up`: a life of the server answered for the first time. */
export function upDraft(record: ServerRecord, life: Life): EventDraft {
  const { name } = record.target;
  const holds = life.holds ?? NOTHING;
  const back = record.incident === null ? 'is up' : 'is up again';
  return draftOf(
    'server-up',
    'info',
    record,
    life,
    {},
    {
      title: `tmux server ${name} ${back}: ${contentText(holds)}`,
      body: `tmux ${life.version}, pid ${life.incarnation.pid}. ${sessionsText(holds)}`,
    },
  );
}

/** `server-gone`: the life of `record` has ended. */
export function goneDraft(
  record: ServerRecord,
  { reason, cause, at: now }: Death,
  observation: Observation,
): EventDraft {
  const { life } = record;
  const lost = life?.holds ? { as_of: timeText(life.heldAt), ...life.holds } : null;
  const isOlder = life !== null && life.heldAt < (observation.diedAt ?? now);
  const lastSeen = life?.lastSeenAt ?? null;
  const uptime = life && secondsBetween(startOf(life, record.clockSetMs), observation.diedAt ?? life.lastSeenAt);
  const details: EventDetails['server-gone'] = {
    reason,
    cause,
    evidence: evidenceDetails(observation.evidence, life),
    last_seen: lastSeen === null ? null : timeText(lastSeen),
    detected_at: timeText(now),
    detection_ms: Math.max(0, Math.round(now - detectionStart(observation, lastSeen))),
    uptime_seconds: uptime,
    lost,
  };
  return draftOf('server-gone', severityOf(reason, cause), record, life, details, {
    title: `tmux server ${record.target.name} ${deathText(reason, cause)}${lost ? `: ${lossText(lost)}` : ''}${uptime === null ? '' : `; it ran for ${spanText(uptime)}`}`,
    body: `${evidenceText(record, observation.evidence)}${lost ? ` ${sessionsText(lost)}${isOlder ? ` ${asOfText(lost)}` : ''}` : ''}`,
  });
}

/** `server-gone-cause`: the cause of a death, found after the death was reported. */
export function causeDraft(
  record: ServerRecord,
  gone: Extract<TmuxEvent, { type: 'server-gone' }>,
  { cause, evidence, facts }: CauseFinding,
): EventDraft {
  const details = { gone: gone.id, reason: gone.reason, cause, evidence, facts };
  const text = { title: `why tmux server ${record.target.name} died: ${CAUSE_TEXT[cause]}`, body: evidence };
  return {
    ...draftOf('server-gone-cause', gone.severity, record, record.life, details, text),
    incident: gone.incident,
  };
}

/** `host-rebooted`: the machine was restarted while the exporter was not running; the `lost` servers were up before. */
export function rebootedDraft(lost: readonly ServerRecord[], previousBootId: string | null): EventDraft {
  const names = fitNames(
    lost.map(({ target }) => target.name),
    MOST_NAMES,
    LONGEST_NAME,
    NAME_BYTES,
  );
  return {
    type: 'host-rebooted',
    severity: 'critical',
    server: null,
    incident: null,
    title: `the machine was restarted: ${countText(lost.length, 'tmux server')} lost (${listText(names, lost.length)})`,
    body: 'The machine was restarted since the exporter last ran. Each lost server has an event of its own, too.',
    details: { previous_boot_id: previousBootId, lost: lost.length, server_names: names },
  };
}

/** `server-unresponsive`: the server is alive but does not answer polls. */
export function unresponsiveDraft(record: ServerRecord, timeouts: number): EventDraft {
  return draftOf(
    'server-unresponsive',
    'warning',
    record,
    record.life,
    { timeouts },
    {
      title: `tmux server ${record.target.name} does not answer`,
      body: `It accepts connections, but ${countText(timeouts, 'poll')} in a row timed out. It is not dead: its process may be stopped (SIGSTOP), or the machine busy.`,
    },
  );
}

/** `server-recovered`: a server that was unresponsive or unreachable answers again, in the same life. */
export function recoveredDraft(record: ServerRecord, life: Life, now: number): EventDraft {
  const outage = secondsBetween(record.since, now);
  return draftOf(
    'server-recovered',
    'info',
    record,
    life,
    { from: record.state, outage_seconds: outage },
    {
      title: `tmux server ${record.target.name} answers again after ${spanText(outage)}`,
      body: `It was ${record.state}. Nothing was lost: it has ${contentText(life.holds ?? NOTHING)}.`,
    },
  );
}

/** `server-unreachable`: the server is alive, but the exporter cannot, or for safety must not, talk to it. */
export function unreachableDraft(record: ServerRecord, cause: UnreachableCause): EventDraft {
  const { problem, cure } = UNREACHABLE_TEXT[cause];
  const advice = cure(record).text;
  return draftOf(
    'server-unreachable',
    'warning',
    record,
    record.life,
    { cause, cure: advice },
    {
      title: `tmux server ${record.target.name} is alive but unreachable: ${problem(record)}`,
      body: `Nothing is lost. ${advice}`,
    },
  );
}

/** `session-created`, `session-closed` or `session-renamed`. */
export function sessionDraft(record: ServerRecord, life: Life, change: SessionChange): EventDraft {
  const { id } = change.session;
  const name = fitName(change.session.name);
  const session = { id, name };
  const shown = shorten(name, SHOWN_NAME);
  const server = record.target.name;
  if (change.kind === 'renamed') {
    const previous_name = fitName(change.previousName);
    const title = `tmux session ${shorten(previous_name, SHOWN_NAME)} was renamed to ${shown} on server ${server}`;
    const details = { session, previous_name };
    return draftOf('session-renamed', 'info', record, life, details, { title, body: `Its id is ${id}.` });
  }
  const type = change.kind === 'created' ? 'session-created' : 'session-closed';
  return draftOf(
    type,
    'info',
    record,
    life,
    { session },
    {
      title: `tmux session ${shown} was ${change.kind} on server ${server}`,
      body: `Its id is ${id}.`,
    },
  );
}

/** `sessions-changed`: one event in place of one for each of `changes`. */
export function sessionsDraft(record: ServerRecord, life: Life, changes: readonly SessionChange[]): EventDraft {
  const countOf = (kind: SessionChange['kind']) => changes.filter((change) => change.kind === kind).length;
  const [created, closed, renamed] = [countOf('created'), countOf('closed'), countOf('renamed')];
  const sessions = life.holds?.sessions ?? 0;
  const details = { created, closed, renamed, sessions };
  return draftOf('sessions-changed', 'info', record, life, details, {
    title: `${countText(changes.length, 'tmux session')} changed on server ${record.target.name}: ${created} created, ${closed} closed, ${renamed} renamed`,
    body: `These are too many changes in one poll to report each. It has ${countText(sessions, 'session')} now.`,
  });
}

function severityOf(reason: GoneReason, cause: Cause): Severity {
  if (cause === 'last_session_closed') return 'info';
  return reason === 'exited' || reason === 'replaced' ? 'warning' : 'critical';
}

function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0, Math.round((toMs - fromMs) / 1000));
}

/** When a life began, by the present wall clock. tmux reports it by the clock of that time. */
function startOf({ incarnation }: Life, clockSetMs: number): number {
  return incarnation.startedAt * 1000 + clockSetMs;
}

/** The watch knows when the server died; a poll only knows when it was last seen alive. */
function detectionStart({ diedAt, startedAt }: Observation, lastSeen: number | null): number {
  return diedAt ?? lastSeen ?? startedAt;
}

function evidenceDetails(
  { trigger, connect, process, listening, tmux }: Evidence,
  life: Life | null,
): EventDetails['server-gone']['evidence'] {
  const pidAlive = process === 'unknown' ? null : process === 'alive';
  return { trigger, connect, pid_alive: pidAlive, listening, tmux, cgroup: life?.containment?.cgroup ?? null };
}

function draftOf<T extends EventType>(
  type: T,
  severity: Severity,
  record: ServerRecord,
  life: Life | null,
  details: EventDetails[T],
  { title, body }: { title: string; body: string },
): EventDraft {
  const incident = incidentOf(type, record);
  // The compiler cannot build the mapped union EventDraft from a type parameter.
  return { type, severity, server: serverReference(record, life), incident, title, body, details } as EventDraft;
}

const IN_INCIDENTS: ReadonlySet<EventType> = new Set([
  'server-up',
  'server-gone',
  'server-unresponsive',
  'server-recovered',
  'server-unreachable',
  // A receiver that was notified of the problem has to learn that the server is no longer polled.
  'server-unregistered',
]);
const OPENING: ReadonlySet<EventType> = new Set(['server-gone', 'server-unresponsive', 'server-unreachable']);

function incidentOf(type: EventType, { incident }: ServerRecord): EventDraft['incident'] {
  if (!IN_INCIDENTS.has(type)) return null;
  return incident ?? (OPENING.has(type) ? 'opens' : null);
}
