import type { StreamInfo } from '@nats-io/jetstream';
import type { Reply } from '../connection/nats-connection.ts';
import { STREAM_NOT_FOUND } from '../connection/stream-answer.ts';
import type { FoundSettings } from '../stream/differences.ts';

/** What a look at a stream showed: its state, that there is none, or that nothing answered. */
export type StreamLook =
  | { readonly kind: 'state'; readonly state: StreamState; readonly settings: FoundSettings }
  | { readonly kind: 'missing' }
  | { readonly kind: 'silent'; readonly problem: string }
  | { readonly kind: 'refused'; readonly problem: string };

/** The state of a stream, as its leader gives it. */
export interface StreamState {
  /** When it was made: the text of the bus, which tells it from a later stream of the same name. */
  readonly created: string;
  /** `lastSeq + 1` if it holds no message. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly messages: number;
  /** When its newest message was stored: Unix milliseconds. */
  readonly lastAt: number;
  readonly hasLeader: boolean;
  /** How many nodes must hold it. */
  readonly replicas: number;
  /** How long ago the leader heard of each other node, in milliseconds; `Infinity` if it is known to be away. */
  readonly heardMs: readonly number[];
  /** Whether every node that is there holds all of it. One that does not yet, delivers a stream that ends earlier. */
  readonly isCurrent: boolean;
  /** The time of the bus: Unix milliseconds; null if it does not say. */
  readonly busTime: number | null;
}

const NS_PER_MS = 1_000_000;

type InfoAnswer = Partial<StreamInfo> & {
  readonly error?: { readonly err_code?: number; readonly description?: string };
};

/** Reads the answer to `$JS.API.STREAM.INFO.<stream>`. */
export function streamLookOf(reply: Reply): StreamLook {
  if (reply.kind === 'unreachable') return { kind: 'silent', problem: reply.problem };
  if (reply.kind === 'refused') return { kind: 'refused', problem: reply.problem };
  const answer = parsed(reply.message.string());
  if (answer.error?.err_code === STREAM_NOT_FOUND) return { kind: 'missing' };
  if (answer.state === undefined || answer.created === undefined)
    return { kind: 'silent', problem: answer.error?.description ?? 'expected the state of a stream' };
  const info = answer as StreamInfo;
  return { kind: 'state', state: stateOf(info), settings: { ...info.config } };
}

function stateOf({ created, config, state, cluster, ts }: StreamInfo): StreamState {
  const replicas = config.num_replicas;
  return {
    created: String(created),
    firstSeq: state.messages === 0 ? state.last_seq + 1 : state.first_seq,
    lastSeq: state.last_seq,
    messages: state.messages,
    lastAt: Date.parse(state.last_ts),
    // A server without a cluster leads all its streams, and does not say so.
    hasLeader: replicas === 1 || Boolean(cluster?.leader),
    replicas,
    heardMs: (cluster?.replicas ?? []).map(({ offline, active }) => (offline ? Infinity : active / NS_PER_MS)),
    isCurrent: (cluster?.replicas ?? []).every(({ offline, current, lag = 0 }) => offline || (current && lag === 0)),
    busTime: ts === undefined ? null : Date.parse(ts),
  };
}

function parsed(text: string): InfoAnswer {
  try {
    return (JSON.parse(text) ?? {}) as InfoAnswer;
  } catch {
    return {};
  }
}
