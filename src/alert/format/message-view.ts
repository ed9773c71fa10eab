import type { Notice, OutboxMessage } from '../../core/alert/outbox.ts';
import { type Summary, summarise } from './summary.ts';

/** What every message of the daemon has in common. */
export interface Sender {
  readonly host: string;
  readonly version: string;
  /** Where the daemon itself is reached. */
  readonly url: string;
}

/** A message as the formats see it. */
export interface MessageView {
  readonly id: string;
  readonly receiver: string;
  readonly sender: Sender;
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** Those that are listed one by one. */
  readonly notices: readonly [Notice, ...Notice[]];
  readonly truncated: number;
  /** Of all notices, also those that are not listed. */
  readonly summary: Summary;
  readonly all: readonly [Notice, ...Notice[]];
}

/** The view of a message; null of one without a notice. */
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
