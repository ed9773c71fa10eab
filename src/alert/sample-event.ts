import type { NoticeReason, OutboxMessage } from '../core/alert/outbox.ts';
import type { CauseFacts } from '../core/death/facts.ts';
import type { EventDraft, EventType, TmuxEvent } from '../core/event/event.ts';
import { stampEvent } from '../core/event/event-log.ts';
import type { Observation } from '../core/model/observation.ts';
import { type Death, type Life, newRecord, type ServerRecord } from '../core/record/record.ts';
import {
  causeDraft,
  goneDraft,
  rebootedDraft,
  recoveredDraft,
  registeredDraft,
  sessionDraft,
  sessionsDraft,
  unreachableDraft,
  unregisteredDraft,
  unresponsiveDraft,
  upDraft,
} from '../core/wording/draft.ts';
import { roleOf } from './receiver/incident-role.ts';

/** The types of events that a trial can show. */
export type TrialType = Exclude<EventType, 'alert'>;

/** The input of {@link trialMessage}. */
export interface Trial {
  readonly type: TrialType;
  /** Whether to report the end of the problem. */
  readonly resolved: boolean;
  readonly host: string;
  /** Unix milliseconds. */
  readonly now: number;
  readonly id: string;
  readonly reason: NoticeReason;
}

/** Creates a message about an invented server, as a receiver would get it. */
export function trialMessage({ type, resolved, host, now, id, reason }: Trial): OutboxMessage {
  const stamp = (draft: EventDraft, seq: number) => stampEvent(draft, `trial-${seq}`, now, { host, bootId: null });
  const event = stamp(draftOf(type, now), 1);
  const ended: TmuxEvent = stamp({ ...draftOf('server-up', now), incident: event.id }, 2);
  const notice = resolved
    ? { status: 'resolved' as const, event: ended, ended: [event] }
    : { status: roleOf(event).kind === 'fires' ? ('firing' as const) : ('info' as const), event, ended: [] };
  return {
    id,
    notices: [{ ...notice, id: 1, reason, suppressed: 0, queuedAt: now }],
    createdAt: now,
    attempts: 0,
    rejections: 0,
    nextAt: now,
    problem: null,
    diedAt: null,
  };
}

const HOUR_MS = 3_600_000;

function draftOf(type: TrialType, now: number): EventDraft {
  const record = trialRecord(now);
  const { life } = record;
  const change = { session: { id: '$3', name: 'trial session' } };
  switch (type) {
    case 'server-registered':
      return registeredDraft(record);
    case 'server-unregistered':
      return unregisteredDraft(record);
    case 'server-up':
      return upDraft({ ...record, incident: 'trial-1' }, life);
    case 'server-gone':
      return goneDraft(record, trialDeath(now), lastPoll(now));
    case 'server-gone-cause':
      return sampleCauseDraft(record, now);
    case 'server-unresponsive':
      return unresponsiveDraft(record, 2);
    case 'server-recovered':
      return recoveredDraft({ ...record, state: 'unresponsive' }, life, now);
    case 'server-unreachable':
      return unreachableDraft(record, 'socket_lost');
    case 'session-created':
      return sessionDraft(record, life, { ...change, kind: 'created' });
    case 'session-closed':
      return sessionDraft(record, life, { ...change, kind: 'closed' });
    case 'session-renamed':
      return sessionDraft(record, life, { ...change, kind: 'renamed', previousName: 'former name' });
    case 'sessions-changed':
      return sessionsDraft(record, life, [{ ...change, kind: 'created' }]);
    case 'host-rebooted':
      return rebootedDraft([record], null);
  }
}

function trialDeath(at: number): Death {
  return { reason: 'crashed', cause: 'unknown', at };
}

function sampleCauseDraft(record: ServerRecord, now: number): EventDraft {
  const gone = stampEvent(goneDraft(record, trialDeath(now), lastPoll(now)), 'trial-0', now, {
    host: '',
    bootId: null,
  });
  if (gone.type !== 'server-gone') throw new TypeError('a death is reported by server-gone');
  const evidence = 'The kernel log says so: the OOM killer killed process 4242 (tmux: server).';
  return causeDraft(record, gone, { cause: 'oom_kernel', evidence, facts: FACTS });
}

const FACTS: CauseFacts = {
  window_seconds: 1,
  cgroup: null,
  oom_kills: 1,
  machine_oom_kills: 1,
  kernel_log: 'names_it',
  unit: null,
  unit_result: null,
  oom_policy: null,
  login_ended: null,
};

function trialRecord(now: number): ServerRecord & { readonly life: Life } {
  const target = { name: 'trial', socket: '/tmp/tmux-1000/trial', registration: 'discovered' as const };
  const life: Life = {
    incarnation: { pid: 4242, startedAt: Math.floor((now - 50 * HOUR_MS) / 1_000) },
    process: null,
    details: { command: 'tmux: server', boundPaths: [target.socket], isElsewhere: false },
    uid: 1_000,
    files: [],
    version: '3.5a',
    sessions: [],
    holds: {
      sessions: 2,
      windows: 3,
      panes: 5,
      attached: 1,
      session_names: ['main', 'trial session'],
      commands: ['vim'],
    },
    heldAt: now - 1_000,
    lastSeenAt: now - 1_000,
    earlierBoot: false,
    containment: null,
  };
  return { ...newRecord(target, 1, now - HOUR_MS, null), state: 'up', life };
}

function lastPoll(now: number): Observation {
  const failure = { reason: 'refused' as const, message: 'nothing listens there' };
  const evidence = {
    trigger: 'watch',
    connect: 'refused',
    process: 'dead',
    listening: false,
    tmux: 'not_asked',
    watch: 'nothing',
  } as const;
  return { answer: { kind: 'failure', failure }, evidence, startedAt: now, durationMs: 1, diedAt: now - 12 };
}
