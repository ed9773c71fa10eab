import type { FormatName, TemplateEscape } from '../../core/alert/notification.ts';
import type { EventType, Severity } from '../../core/event/event.ts';

/** Which events a receiver is told of. */
export interface EventFilter {
  readonly events: readonly EventType[];
  /** Names of servers, or patterns with `*`; none for all. An event about the whole machine concerns every server. */
  readonly servers: readonly string[];
  /** The least severity. */
  readonly minSeverity: Severity;
}

/** Where something is sent, and how we show who we are. Everything that is in a file is read anew for each attempt. */
export interface Endpoint {
  /** Either this or {@link Endpoint.urlFile} is there. */
  readonly url: string | null;
  readonly urlFile: string | null;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bearerTokenFile: string | null;
  readonly basicAuth: { readonly username: string | null; readonly passwordFile: string | null };
  /** How long an attempt may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** How notices become messages. */
export interface Grouping {
  /** How long the first notice waits for others, in milliseconds. */
  readonly waitMs: number;
  /** How long after a message about a server the next one about the same server waits, in milliseconds. */
  readonly intervalMs: number;
  /** How many notices a message holds. */
  readonly max: number;
}

/** Somebody who is told by a web hook. Times are in milliseconds. */
export interface Receiver extends EventFilter, Endpoint {
  readonly name: string;
  readonly format: FormatName;
  /** The body of the format `template`: a JSON tree with `{{path}}` in its strings. */
  readonly template: unknown;
  /** Whose mentions and markup are escaped in what fills the template. */
  readonly escape: TemplateEscape;
  /** Secrets of Standard Webhooks, one on each line: every one of them signs. */
  readonly secretFile: string | null;
  readonly sendResolved: boolean;
  readonly group: Grouping;
  /** How often an incident that lasts is told again; 0 for never. */
  readonly repeatMs: number;
  /** How long the same trouble of the same server is not told again; 0 for always telling. */
  readonly cooldownMs: number;
  /** How long an undelivered message is tried before it is given up. */
  readonly maxAgeMs: number;
}

/** An Alertmanager that is told of every alert. Times are in milliseconds. */
export interface Alertmanager extends EventFilter, Endpoint {
  readonly name: string;
  /** How often an alert that lasts is sent again. */
  readonly resendMs: number;
  /** After how long an incident that nobody ended is taken for ended. */
  readonly resolveAfterMs: number;
}
