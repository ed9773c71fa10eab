import { errorText } from '../../core/text.ts';
import type { Opening } from '../feed/feed-client.ts';
import type { Turn } from './feeds.ts';

/** How a session ended. */
export type SessionEnd =
  /** The exporter ended it with a `bye`, and asked for this wait. */
  | { readonly kind: 'ended'; readonly retryMs: number }
  | Refusal
  | { readonly kind: 'failed'; readonly message: string }
  /** The hub cannot read the bus, and perhaps another one can. */
  | { readonly kind: 'blind' }
  /** The one wanted event has been handled. */
  | { readonly kind: 'done' }
  /** This stream is not the one to follow. */
  | { readonly kind: Exclude<Turn, 'follow'> };

/** The exporter gave no stream, or one of another scope. */
export interface Refusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly code: string | null;
  readonly message: string;
  readonly retryMs: number;
}

/** The end of a session that the exporter refused. */
export function refusalOf({ retryAfterMs, ...refused }: Extract<Opening, { kind: 'refused' }>): Refusal {
  return { ...refused, retryMs: retryAfterMs };
}

/** The text of an error, for people. Node's own is empty if several addresses were tried, and unclear if a stream was cut. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET') return 'the connection was cut';
  return errorText(error);
}
