/** Limits and times of the feed. */
export interface FeedOptions {
  /** How long a stream may be silent before it gets a heartbeat, in milliseconds. */
  readonly heartbeatMs: number;
  /** Maximum age of a stream in milliseconds; each stream draws its own between 0.8 and 1.0 of it, so that they do not all end together. */
  readonly maxAgeMs: number;
  /** Streams at one time of one token or user, of one user of this machine without them, and of all others on this machine or elsewhere; an eighth more in total. */
  readonly maxClients: number;
  /** Streams at one time from one address, an IPv6 address counting by its /64; loopback and Unix sockets are exempt. */
  readonly maxClientsPerAddress: number;
  /** Maximum bytes of live events queued for a slow client; more disconnect it. */
  readonly maxQueueBytes: number;
  /** How long a client may read nothing although bytes wait for it, in milliseconds; then it is disconnected. */
  readonly stallMs: number;
  /** How long a client should wait before it reconnects after a cut, in milliseconds; each draws its own between 1 and 2 times that. */
  readonly retryMs: number;
  /** Events that a replay may bring: deaths first, then trouble, of each the newest. */
  readonly replayEvents: number;
  /** Bytes of JSON that a replay may bring. */
  readonly replayBytes: number;
  /** How long a closing feed waits for its clients to read what was sent, in milliseconds. */
  readonly closeMs: number;
}

/** The default limits and times. */
export const FEED_DEFAULTS: FeedOptions = {
  heartbeatMs: 15_000,
  maxAgeMs: 3_600_000,
  maxClients: 256,
  maxClientsPerAddress: 32,
  maxQueueBytes: 262_144,
  stallMs: 30_000,
  retryMs: 2_000,
  replayEvents: 1_000,
  replayBytes: 1_048_576,
  closeMs: 2_000,
};

/** Those of a hub, which serves the readers of many machines. */
export const HUB_FEED_DEFAULTS: FeedOptions = { ...FEED_DEFAULTS, maxClients: 2_000 };
