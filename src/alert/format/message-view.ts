import type { Notice, OutboxMessage } from '../../core/alert/outbox.ts';
import { type Summary, summarise } from './summary.ts';

/** The sender of all messages: this daemon. */
export interface Sender {
  readonly host: string;
  readonly version: string;
  /** The URL of the daemon. */
  readonly url: string;
}

/** A message in the form that the formats read. */
export interface MessageView {
  readonly id: string;
  readonly receiver: string;
  readonly sender: Sender;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** The notices that the message lists. */
  readonly notices: readonly [Notice, ...Notice[]];
  readonly truncated: number;
  /** The summary of all notices, including those that are not listed. */
  readonly summary: Summary;
  readonly all: readonly [Notice, ...Notice[]];
}

/** The view of a message; null if it has no notice. */
export function viewOf(
  { id, createdAt, notices }: OutboxMessage,
  { receiver, sender, max }: { readonly receiver: string; readonly sender: Sender; readonly max: number },
): MessageView | null {
  const [first, ...others] = notices;
  if (!first) return null;
  const listed: MessageView['notices'] = [first, ...others.slice(0, max - 1)];
  const all: MessageView['all'] = [first, ...others];
  const truncated = notices.length - listed.length;
  return { id, receiver, sender, createdAt, notices: listed, truncated, all, summary: summarise(all) };
}
