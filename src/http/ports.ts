import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ReceivedAlert } from '../core/alert/alert.ts';
import type { History } from '../core/event/event-log.ts';
import type { Doorkeeper } from './access/doorkeeper.ts';
import type { RegistryCode } from './failure.ts';
import type { WebPaths } from './paths.ts';
import type { ServerJson } from './server-json.ts';

/** What a scraper can read, and how long it waits, as its headers say it. */
interface ScrapeRequest {
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
  /** How long it waits for the answer, in milliseconds; null where it does not say. */
  readonly timeoutMs: number | null;
}

/** A rendered scrape: its headers, and its body in pieces. */
interface Scrape {
  readonly headers: Readonly<Record<string, string>>;
  readonly chunks: readonly Uint8Array[];
}

/** Why the registry did not do something. The message says what was expected and what was found. */
interface Refused {
  readonly kind: 'refused';
  readonly code: RegistryCode;
  readonly message: string;
}

/** The registered servers. */
export interface ServersPort {
  /** All of them, by name. */
  list(): readonly ServerJson[];
  get(name: string): ServerJson | null;
  /** Registers the server of a socket under a name; `unchanged` where it was so before. */
  put(
    name: string,
    socket: string,
  ): Promise<{ readonly kind: 'registered' | 'unchanged'; readonly server: ServerJson } | Refused>;
  remove(name: string): { readonly kind: 'deregistered' } | Refused;
}

/** What came of a reload. After a failed one the old configuration stays. */
export type Reload =
  | {
      readonly kind: 'reloaded';
      /** The options that take effect at the next start only. */
      readonly nextStart: readonly string[];
    }
  | { readonly kind: 'failed'; readonly message: string };

/** The receivers of web hooks, ready to become JSON. */
export interface WebhooksPort {
  receivers(): readonly object[];
  /** Messages that were given up, the oldest first. */
  deadLetters(): readonly object[];
  /** Puts dead letters back to be delivered: all of them, or the one with an id. Gives how many. */
  replay(id: string | null): number;
}

/** What came of alerts that were received. */
export type Reception =
  | { readonly kind: 'stored'; readonly told: number; readonly duplicates: number }
  | { readonly kind: 'not_stored' };

/** Decides who may ask. */
export type Gatekeeper = Pick<Doorkeeper, 'policy' | 'isWithin' | 'admit'>;

/** All that HTTP asks of the rest of the daemon. */
export interface HttpPorts {
  readonly version: string;
  /** Name of the machine. */
  readonly host: string;
  readonly scrape: (request: ScrapeRequest) => Promise<Scrape>;
  /** Answers `GET /events`. `login` stands for the token or user of the client, and gives neither away; null for none. */
  readonly feed: (request: IncomingMessage, response: ServerResponse, login: string | null) => void;
  /** Whether the first tick has ended, and the end has not begun. */
  readonly ready: () => boolean;
  readonly servers: ServersPort;
  readonly history: History;
  /** Null where reloading over HTTP is not enabled. */
  readonly reload: (() => Promise<Reload>) | null;
  readonly webhooks: WebhooksPort;
  /** Takes alerts of an Alertmanager in; null where that is not enabled. */
  readonly receiveAlerts: ((alerts: readonly ReceivedAlert[]) => Reception) | null;
  /** Told of every error that nobody foresaw; who asked only learns that there was one. */
  readonly onError: (error: unknown) => void;
  readonly doorkeeper: Gatekeeper;
  readonly paths: WebPaths;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Which hosts may be asked for. */
export interface HostPolicy {
  /** Whether only a loopback address is listened on: then the Host header has to be a local name. */
  readonly loopbackOnly: boolean;
  /** Names that the Host header may hold besides: without port, IPv6 without brackets, in lower case. */
  readonly allowedHosts: readonly string[];
}
