import type { Cause } from '../death/cause.ts';
import type { CauseFacts } from '../death/facts.ts';
import type { Connect, Saying, Trigger } from '../model/observation.ts';
import type { GoneReason, Registration, ServerState, UnreachableCause } from '../model/server.ts';

/** Version of the event format. It changes only if a field is removed or changes its meaning. */
export const EVENT_VERSION = 1;

/** Severities, least first. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Every type of event. */
export const EVENT_TYPES = [
  'server-registered',
  'server-up',
  'server-gone',
  'server-gone-cause',
  'server-unresponsive',
  'server-recovered',
  'server-unreachable',
  'server-unregistered',
  'session-created',
  'session-closed',
  'session-renamed',
  'sessions-changed',
  'host-rebooted',
  'alert',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The greatest severity that an event of each type can have. */
export const WORST_SEVERITY: Readonly<Record<EventType, Severity>> = {
  'server-registered': 'info',
  'server-up': 'info',
  'server-gone': 'critical',
  'server-gone-cause': 'critical',
  'server-unresponsive': 'warning',
  'server-recovered': 'info',
  'server-unreachable': 'warning',
  'server-unregistered': 'info',
  'session-created': 'info',
  'session-closed': 'info',
  'session-renamed': 'info',
  'sessions-changed': 'info',
  'host-rebooted': 'critical',
  alert: 'critical',
};

/** Whether `severity` is at least `least`. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

/** The server that an event is about. The keys are those of the JSON. */
export interface ServerReference {
  readonly name: string;
  readonly socket: string;
  /** Owner of the server; null before its first answer. */
  readonly uid: number | null;
  readonly pid: number | null;
  /** RFC 3339. */
  readonly started_at: string | null;
  readonly version: string | null;
  readonly registration: Registration;
}

/** The session that an event is about. */
export interface SessionReference {
  /** `$1`. */
  readonly id: string;
  readonly name: string;
}

/** The evidence of a death, as its event carries it. */
export interface DeathEvidence {
  readonly trigger: Trigger;
  readonly connect: Connect;
  /** Null if the process cannot be seen. */
  readonly pid_alive: boolean | null;
  readonly listening: boolean | null;
  readonly tmux: Saying;
  /** The cgroup that the server ran in; null if unknown. */
  readonly cgroup: string | null;
}

/** What the death of a server loses: its sessions and what is in them. */
export interface Loss {
  readonly sessions: number;
  readonly windows: number;
  readonly panes: number;
  /** Sessions that a client was attached to. */
  readonly attached: number;
  /** At most 20. */
  readonly session_names: readonly string[];
  /** Commands in the foreground of its panes, each once, at most 20. */
  readonly commands: readonly string[];
}

/** A loss, and the time of the poll that it comes from. */
export interface DatedLoss extends Loss {
  /** RFC 3339: time of the poll that the list comes from. Later changes are not in the list. */
  readonly as_of: string;
}

/** A Prometheus alert that an Alertmanager sent to the exporter. */
export interface AlertDetails {
  readonly status: 'firing' | 'resolved';
  readonly alertname: string;
  /** Hash of all its labels, from the Alertmanager. */
  readonly fingerprint: string;
  /** RFC 3339. */
  readonly starts_at: string;
  /** RFC 3339; null while it fires. */
  readonly ends_at: string | null;
  /** At most 20 of each, shortened. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The fields of each event type beyond the common ones. */
export interface EventDetails {
  'server-registered': object;
  'server-up': object;
  'server-gone': {
    readonly reason: GoneReason;
    /** `unknown` unless the server itself gave the cause; a `server-gone-cause` may follow. */
    readonly cause: Cause;
    readonly evidence: DeathEvidence;
    /** RFC 3339; null if the server never answered. */
    readonly last_seen: string | null;
    readonly detected_at: string;
    /** Time from the death to this event or, if the time of the death is unknown, from when the server was last seen alive. */
    readonly detection_ms: number;
    readonly uptime_seconds: number | null;
    /** Null if the server never answered. */
    readonly lost: DatedLoss | null;
  };
  'server-gone-cause': {
    /** Id of the `server-gone` that it explains. */
    readonly gone: string;
    readonly reason: GoneReason;
    readonly cause: Cause;
    /** How the cause is known, in sentences. */
    readonly evidence: string;
    readonly facts: CauseFacts;
  };
  'server-unresponsive': { readonly timeouts: number };
  'server-recovered': { readonly from: ServerState; readonly outage_seconds: number };
  'server-unreachable': { readonly cause: UnreachableCause; readonly cure: string };
  'server-unregistered': object;
  'session-created': { readonly session: SessionReference };
  'session-closed': { readonly session: SessionReference };
  'host-rebooted': {
    readonly previous_boot_id: string | null;
    /** How many servers were up before. */
    readonly lost: number;
    /** At most 20. */
    readonly server_names: readonly string[];
  };
  'session-renamed': { readonly session: SessionReference; readonly previous_name: string };
  /** In place of the events of the single sessions, if one poll shows many changes. */
  'sessions-changed': {
    readonly created: number;
    readonly closed: number;
    readonly renamed: number;
    /** How many there are now. */
    readonly sessions: number;
  };
  alert: AlertDetails;
}

/** An event before the log gives it an id, a time and its origin. */
export type EventDraft = {
  [T in EventType]: {
    readonly type: T;
    readonly severity: Severity;
    /** Null if the event is about the whole machine. */
    readonly server: ServerReference | null;
    /** Id of the event that opened the incident; `opens` if this event does; null if it belongs to none. */
    readonly incident: string | 'opens' | null;
    readonly title: string;
    readonly body: string;
    readonly details: EventDetails[T];
  };
}[EventType];

/** An event as it is stored and emitted: one JSON object. `title` and `body` are ready to be shown. */
export type TmuxEvent = {
  [T in EventType]: {
    readonly v: typeof EVENT_VERSION;
    /** `<epoch>-<seq>`. */
    readonly id: string;
    readonly type: T;
    /** RFC 3339 with milliseconds, UTC. */
    readonly time: string;
    readonly severity: Severity;
    readonly host: string;
    /** Null if the platform has none. */
    readonly boot_id: string | null;
    readonly server: ServerReference | null;
    readonly incident: string | null;
    readonly title: string;
    readonly body: string;
  } & EventDetails[T];
}[EventType];
