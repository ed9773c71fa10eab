import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ReceivedAlert } from '../core/alert/alert.ts';
import type { History } from '../core/event/event-log.ts';
import type { Fleet } from '../core/fleet/fleet.ts';
import type { Doorkeeper } from './access/doorkeeper.ts';
import type { WebPolicy } from './access/policy.ts';
import type { RegistryCode } from './api-failure.ts';
import type { WebPaths } from './paths.ts';
import type { ServerJson } from './server-json.ts';

/** The formats that a scraper can read, and its timeout, from its headers. */
interface ScrapeRequest {
  readonly accept: string | undefined;
  readonly acceptEncoding: string | undefined;
  /** How long it waits for the answer, in milliseconds; null if its headers do not say. */
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
  /** Registers the server of a socket under a name; `unchanged` if it already was. */
  put(
    name: string,
    socket: string,
  ): Promise<{ readonly kind: 'registered' | 'unchanged'; readonly server: ServerJson } | Refused>;
  remove(name: string): { readonly kind: 'deregistered' } | Refused;
}

/** The result of a reload. After a failed one the old configuration stays. */
export type Reload =
  | {
      readonly kind: 'reloaded';
      /** The changed options that only take effect at the next start. */
      readonly nextStart: readonly string[];
    }
  | { readonly kind: 'failed'; readonly message: string };

/** The receivers of web hooks, ready to become JSON. */
export interface WebhooksPort {
  receivers(): readonly object[];
  /** Messages that were given up, oldest first. */
  deadLetters(): readonly object[];
  /** Queues dead letters again: all of them, or the one with an id. Returns how many. */
  replay(id: string | null): number;
}

/** The result of receiving alerts. */
export type Reception =
  | { readonly kind: 'stored'; readonly told: number; readonly duplicates: number }
  | { readonly kind: 'not_stored' };

/** Decides which requests are allowed. */
export type Gatekeeper = Pick<Doorkeeper, 'policy' | 'isWithin' | 'admit' | 'userAt'>;

/** Everything that the HTTP routes need from the rest of the daemon. */
export interface HttpPorts {
  readonly version: string;
  /** Name of the machine. */
  readonly host: string;
  readonly scrape: (request: ScrapeRequest) => Promise<Scrape>;
  /** Answers `GET /events`. `holderOf` says who sent the request; it never rejects. */
  readonly feed: (request: IncomingMessage, response: ServerResponse, holderOf: () => Promise<string | null>) => void;
  /** Whether the first tick has ended, or a hub has read the bus once, and the shutdown has not begun. */
  readonly ready: () => boolean;
  /** The fleet that a hub reads; null on an exporter that is no hub. */
  readonly fleet: Fleet | null;
  /** Null on a hub, which has no servers of its own. */
  readonly servers: ServersPort | null;
  /** Null on a hub, which has no events of its own. */
  readonly history: History | null;
  /** Null if reloading over HTTP is not enabled. */
  readonly reload: (() => Promise<Reload>) | null;
  /** Null on a hub, which sends none. */
  readonly webhooks: WebhooksPort | null;
  /** Stores alerts of an Alertmanager; null if that is not enabled. */
  readonly receiveAlerts: ((alerts: readonly ReceivedAlert[], isFromHere: boolean) => Reception) | null;
  /** Gets every unexpected error; the client only learns that there was one. */
  readonly onError: (error: unknown) => void;
  readonly doorkeeper: Gatekeeper;
  /** Whether a connection could be made now, under a policy: its address is listened on, and it has the TLS and the client certificate that the policy wants. */
  readonly couldConnect: (socket: Socket, policy: WebPolicy) => boolean;
  readonly paths: WebPaths;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Which Host headers are accepted. */
export interface HostPolicy {
  /** Whether we listen on loopback only: then the Host header must be a local name. */
  readonly loopbackOnly: boolean;
  /** Other accepted names: without port, IPv6 without brackets, in lower case. */
  readonly allowedHosts: readonly string[];
}
