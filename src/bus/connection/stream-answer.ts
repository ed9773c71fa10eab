import type { RefusalReason } from '../../core/fleet/bus-words.ts';

/** What the bus answered to a published event, or to the question for our last message. */
export type Answer = PublishAnswer | LastAnswer | Unreachable | Refused;

/** The stream has the event, or our place in it is another. */
export type PublishAnswer =
  | { readonly kind: 'stored'; readonly sequence: number; readonly isDuplicate: boolean }
  /** Our last message in the stream has the sequence `found`, not the expected one; 0 if there is none. */
  | { readonly kind: 'wrong_sequence'; readonly found: number };

/** Our last message in the stream. The answer can come from a replica that lags behind. */
export type LastAnswer =
  | { readonly kind: 'last'; readonly sequence: number; readonly event: EventPlace | null }
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

/** An event id of an exporter: the epoch of its history, and the sequence in it. */
export interface EventPlace {
  readonly epoch: string;
  readonly seq: number;
}

const MESSAGE_ID = /^[^:]+:([A-Za-z0-9]{1,32})-(\d{1,15})$/;

/** Reads the id of a message, `<name>:<epoch>-<seq>`; null for any other text. */
export function eventPlaceOf(messageId: string): EventPlace | null {
  const [, epoch, digits] = MESSAGE_ID.exec(messageId) ?? [];
  return epoch === undefined ? null : { epoch, seq: Number(digits) };
}
