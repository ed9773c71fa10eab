import type { FormatName, TemplateEscape } from '../../core/alert/notification.ts';
import type { EventType, Severity } from '../../core/event/event.ts';

/** Which events a receiver gets. */
export interface EventFilter {
  readonly events: readonly EventType[];
  /** Names of servers, or patterns with `*`; none for all. An event about the whole machine concerns every server. */
  readonly servers: readonly string[];
  /** The minimum severity. */
  readonly minSeverity: Severity;
}

/** A URL to post to, and its credentials. Files are read again for each attempt. */
export interface Endpoint {
  /** Null if {@link Endpoint.urlFile} is set. */
  readonly url: string | null;
  readonly urlFile: string | null;
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bearerTokenFile: string | null;
  readonly basicAuth: { readonly username: string | null; readonly passwordFile: string | null };
  /** The proxy it is reached through, an http or https URL; null for none. */
  readonly proxyUrl: string | null;
  /** Hosts that are reached without that proxy, separated by commas. */
  readonly noProxy: string;
  /** Whether the environment chooses the proxy. */
  readonly proxyFromEnvironment: boolean;
  readonly tlsConfig: TlsConfig;
  /** How long an attempt may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** How TLS is spoken with an endpoint. Files are in PEM. */
export interface TlsConfig {
  /** The authorities that are trusted, in place of those of Node. */
  readonly caFile: string | null;
  /** A client certificate, and its key. */
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** The name in the certificate of the endpoint, if it is not the host of the URL. */
  readonly serverName: string | null;
  readonly insecureSkipVerify: boolean;
}

/** How notices become messages. */
export interface Grouping {
  /** How long the first notice waits for others, in milliseconds. */
  readonly waitMs: number;
  /** The minimum time between two messages about the same server, in milliseconds. */
  readonly intervalMs: number;
  /** The most notices in a message. */
  readonly max: number;
}

/** A receiver of web hooks. Times are in milliseconds. */
export interface Receiver extends EventFilter, Endpoint {
  readonly name: string;
  readonly format: FormatName;
  /** The body of the format `template`: a JSON tree with `{{path}}` in its strings. */
  readonly template: unknown;
  /** The kind of receiver for which mentions and markup are escaped in the values of the template. */
  readonly escape: TemplateEscape;
  /** Secrets of Standard Webhooks, one on each line: every one of them signs. */
  readonly secretFile: string | null;
  readonly sendResolved: boolean;
  readonly group: Grouping;
  /** How often an open incident is reported again; 0 for never. */
  readonly repeatMs: number;
  /** The minimum time between two reports of the same problem of the same server; 0 for none. */
  readonly cooldownMs: number;
  /** How long delivery of a message is attempted before it becomes a dead letter. */
  readonly maxAgeMs: number;
}

/** An Alertmanager to push alerts to. Times are in milliseconds. */
export interface Alertmanager extends EventFilter, Endpoint {
  readonly name: string;
  /** How often a firing alert is sent again. */
  readonly resendMs: number;
  /** When an incident that was never reported as ended counts as ended. */
  readonly resolveAfterMs: number;
}
