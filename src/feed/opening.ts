import { eventId, type History } from '../core/event/event-log.ts';
import { matchesServer } from './event-filter.ts';
import type { Replay } from './replay.ts';
import type { Hello, SnapshotMessage, SnapshotServer } from './stream-message.ts';
import type { Subscription } from './subscription.ts';

/** Options of {@link openingOf}. */
export interface OpeningParts {
  readonly history: History;
  readonly host: string;
  readonly subscription: Subscription;
  readonly replay: Replay;
  readonly snapshot: () => readonly SnapshotServer[];
  readonly heartbeatMs: number;
  readonly retryMs: number;
}

/** Builds the blocks before the first live event: `retry`, `hello`, gaps, a snapshot unless the cursor was served in full, and the missed events. */
export function openingOf(parts: OpeningParts): Buffer[] {
  const { replay, retryMs } = parts;
  const { format } = parts.subscription;
  const messages = [helloOf(parts), ...replay.gaps, ...(replay.resumed ? [] : [snapshotOf(parts)])];
  const blocks = [
    format.retry(retryMs),
    ...messages.map((message) => format.message(message)),
    ...replay.events.map((logged) => format.event(logged)),
  ];
  return blocks.filter((block) => block !== '').map((block) => Buffer.from(block));
}

function helloOf({ history, host, replay, heartbeatMs }: OpeningParts): Hello {
  const { epoch, head, oldest } = history;
  return {
    type: 'hello',
    id: eventId(epoch, replay.from),
    epoch,
    host,
    head: eventId(epoch, head),
    oldest: eventId(epoch, oldest),
    heartbeat_ms: heartbeatMs,
    resumed: replay.resumed,
    replayed: replay.events.length,
  };
}

function snapshotOf({ snapshot, subscription: { filter } }: OpeningParts): SnapshotMessage {
  return { type: 'snapshot', servers: snapshot().filter(({ name }) => matchesServer(filter, name)) };
}
