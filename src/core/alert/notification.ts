import type { EventType, Severity, TmuxEvent } from '../event/event.ts';
import type { NoticeReason, NoticeStatus } from './outbox.ts';

/** The formats of messages to receivers. */
export const FORMATS = ['native', 'alertmanager', 'slack', 'discord', 'ntfy', 'template'] as const;
export type FormatName = (typeof FORMATS)[number];

/** What is escaped in the values of a template: the mentions of every chat, or the mentions and markup of one kind of receiver. */
export const TEMPLATE_ESCAPES = ['mentions', 'slack', 'mattermost', 'discord', 'html', 'none'] as const;
export type TemplateEscape = (typeof TEMPLATE_ESCAPES)[number];

/** Version of the native format: it changes only when a change is not additive. */
export const NOTIFICATION_VERSION = 1;

/** A message in the native format: one JSON object. `title` and `body` are ready to be shown. */
export interface Notification {
  readonly v: typeof NOTIFICATION_VERSION;
  /** The same in all attempts to deliver it, as in the header `webhook-id`. */
  readonly id: string;
  /** Type of its most severe event. */
  readonly type: EventType;
  /** Firing if any notice in it fires. */
  readonly status: NoticeStatus;
  readonly reason: NoticeReason;
  readonly severity: Severity;
  /** When its oldest event was queued, RFC 3339. */
  readonly timestamp: string;
  readonly host: string;
  readonly receiver: string;
  readonly title: string;
  readonly body: string;
  /** Number of notices in the message, and how many of them are not listed. */
  readonly count: number;
  readonly truncated: number;
  /** Number of similar notices that the cooldown suppressed. */
  readonly suppressed: number;
  readonly notices: readonly {
    readonly status: NoticeStatus;
    readonly suppressed: number;
    /** The event as in the feed. */
    readonly event: TmuxEvent;
  }[];
}

/** What `{{…}}` in a template may begin with: the fields of a {@link Notification}, and `event`, the most severe one. */
export const TEMPLATE_FIELDS = [
  'v',
  'id',
  'type',
  'status',
  'reason',
  'severity',
  'timestamp',
  'host',
  'receiver',
  'title',
  'body',
  'count',
  'truncated',
  'suppressed',
  'notices',
  'event',
] as const satisfies readonly (keyof Notification | 'event')[];
