/** Limits and times of the feed. */
export interface FeedOptions {
  /** How long a stream may be silent before it gets a heartbeat, in milliseconds. */
  readonly heartbeatMs: number;
  /** Longest life of a stream in milliseconds; each draws its own between 0.8 and 1.0 of it, so that they do not all end at once. */
  readonly maxAgeMs: number;
  /** Streams at one time. */
  readonly maxClients: number;
  /** Streams at one time from one address, an IPv6 address counting by its /64; loopback is exempt. */
  readonly maxClientsPerAddress: number;
  /** Bytes of live events that may wait for a client that reads too slowly; more of them cut it off. */
  readonly maxQueueBytes: number;
  /** How long a client may take nothing that waits for it before it is cut off, in milliseconds. */
  readonly stallMs: number;
  /** How long a client whose stream was cut is to wait before it comes back, in milliseconds; each draws its own between 1 and 2 times that. */
  readonly retryMs: number;
  /** Events that a replay may bring; the newest are kept. */
  readonly replayEvents: number;
  /** Bytes of JSON that a replay may bring; the newest events are kept. */
  readonly replayBytes: number;
  /** How long a closing feed waits for its clients to take what they have been sent, in milliseconds. */
  readonly closeMs: number;
}

/** The limits and times unless told otherwise. */
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
