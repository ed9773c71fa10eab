import type { Filter } from './event-filter.ts';
import type { Replay } from './replay.ts';
import type { FeedSource } from './source/feed-source.ts';
import type { Format } from './stream-format.ts';
import type { Hello } from './stream-message.ts';

/** Options of {@link openingOf}. */
export interface OpeningParts {
  readonly source: Pick<FeedSource, 'epoch' | 'hello' | 'snapshot'>;
  readonly filter: Filter;
  readonly format: Format;
  readonly replay: Replay;
  readonly heartbeatMs: number;
  readonly retryMs: number;
}

/** Builds the blocks before the first live event: `retry`, `hello`, gaps, a snapshot unless the cursor was served in full, and the missed events. */
export function openingOf({ source, filter, format, replay, heartbeatMs, retryMs }: OpeningParts): Buffer[] {
  const messages = [helloOf(source, replay, heartbeatMs), ...replay.gaps];
  const start = format.retry(retryMs) + messages.map((message) => format.message(message)).join('');
  return [
    Buffer.from(start),
    ...(replay.resumed ? [] : [source.snapshot(filter).bytesFor(format)]),
    ...replay.events.map((event) => Buffer.from(format.event(event))),
  ];
}

function helloOf(source: OpeningParts['source'], replay: Replay, heartbeatMs: number): Hello {
  return {
    type: 'hello',
    id: replay.from,
    epoch: source.epoch,
    ...source.hello(),
    heartbeat_ms: heartbeatMs,
    resumed: replay.resumed,
    replayed: replay.events.length,
  };
}
