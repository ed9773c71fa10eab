import type { EventType, Severity, TmuxEvent } from '../event/event.ts';
import type { NoticeReason, NoticeStatus } from './outbox.ts';

/** The forms in which a receiver can be told. */
export const FORMATS = ['native', 'alertmanager', 'slack', 'discord', 'ntfy', 'template'] as const;
export type FormatName = (typeof FORMATS)[number];

/** Version of the native format: it changes only when a change is not additive. */
export const NOTIFICATION_VERSION = 1;

/** A message as the native format sends it: one JSON object. `title` and `body` are ready to be shown. */
export interface Notification {
  readonly v: typeof NOTIFICATION_VERSION;
  /** The same over all attempts, as in the header `webhook-id`. */
  readonly id: string;
  /** Type of its gravest event. */
  readonly type: EventType;
  /** Firing where anything in it fires. */
  readonly status: NoticeStatus;
  readonly reason: NoticeReason;
  readonly severity: Severity;
  /** When its oldest event was queued, RFC 3339. */
  readonly timestamp: string;
  readonly host: string;
  readonly receiver: string;
  readonly title: string;
  readonly body: string;
  /** Notices in the message, and how many of them are not listed. */
  readonly count: number;
  readonly truncated: number;
  /** How many more like these were left out by the cooldown. */
  readonly suppressed: number;
  readonly notices: readonly {
    readonly status: NoticeStatus;
    readonly suppressed: number;
    /** The event as the feed tells it. */
    readonly event: TmuxEvent;
  }[];
}

/** What `{{…}}` in a template may begin with: the fields of a {@link Notification}, and `event`, the gravest one. */
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
