import { type EventPlace, eventPlaceOf } from '../../core/event/event-log.ts';
import type { RefusalReason } from '../../core/fleet/bus-words.ts';

/** What the bus answered to a published event, or to the question for our last message. */
export type Answer = PublishAnswer | LastAnswer | Unreachable | Refused;

/** The stream has the event, or our place in it is another. */
export type PublishAnswer =
  | { readonly kind: 'stored'; readonly sequence: number; readonly isDuplicate: boolean }
  /** Our last message in the stream has the sequence `found`, not the expected one; 0 if there is none. */
  | { readonly kind: 'wrong_sequence'; readonly found: number };

/** Our last message in the stream, and its text. The answer can come from a replica that lags behind. */
export type LastAnswer =
  | { readonly kind: 'last'; readonly sequence: number; readonly event: EventPlace | null; readonly json: string }
  | { readonly kind: 'no_last' };

/** Nothing was answered. It may have been stored nevertheless. */
export interface Unreachable {
  readonly kind: 'unreachable';
  readonly problem: string;
}

/** The bus refused. `problem` says what it said. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: Exclude<RefusalReason, 'name_taken'>;
  readonly problem: string;
}

/** The code of the error if there is no such stream. */
export const STREAM_NOT_FOUND = 10_059;

/** The status of the answer of a stream if it has no such message. */
export const MESSAGE_NOT_FOUND = 404;

/** Reads the id of a message, `<name>:<event id>`; null for any other text. */
export function messagePlaceOf(messageId: string): EventPlace | null {
  return eventPlaceOf(/^[^:]+:(.*)$/.exec(messageId)?.[1] ?? '');
}
