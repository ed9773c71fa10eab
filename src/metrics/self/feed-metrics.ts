import { Counter, Gauge, type Registry } from 'prom-client';
import { EVENT_TYPES, type EventType } from '../../core/event/event.ts';
import { registerCounter } from './instrument.ts';

/** Why streams of the feed are cut off or have gaps: all the reasons there can be. */
export interface FeedReasons {
  readonly drops: readonly string[];
  readonly gaps: readonly string[];
}

/** Counts what the feed does. */
export interface FeedMetrics {
  connected(): void;
  disconnected(): void;
  /** A live event went to so many streams. */
  delivered(type: EventType, streams: number): void;
  /** So many past events went to one stream. */
  replayed(events: number): void;
  /** A client was cut off, or not let in. */
  dropped(reason: string): void;
  /** A stream was told that events are missing. */
  gap(reason: string): void;
}

/** Registers the metrics of the feed. */
export function registerFeedMetrics(registry: Registry, { drops, gaps }: FeedReasons): FeedMetrics {
  const registers = [registry];
  const clients = new Gauge({ name: 'tmux_exporter_feed_clients', help: 'Open streams of the feed.', registers });
  const events = registerCounter(registry, {
    name: 'tmux_exporter_feed_events_total',
    help: 'Live events sent to streams of the feed, counted once per stream.',
    label: 'type',
    values: EVENT_TYPES,
  });
  const replayed = new Counter({
    name: 'tmux_exporter_feed_replayed_total',
    help: 'Past events sent to streams of the feed, counted once per stream.',
    registers,
  });
  const dropped = registerCounter(registry, {
    name: 'tmux_exporter_feed_dropped_total',
    help: 'Clients of the feed that were disconnected or refused.',
    label: 'reason',
    values: drops,
  });
  const gap = registerCounter(registry, {
    name: 'tmux_exporter_feed_gaps_total',
    help: 'Streams of the feed that could not continue exactly at the cursor of the client.',
    label: 'reason',
    values: gaps,
  });
  return {
    connected: () => clients.inc(),
    disconnected: () => clients.dec(),
    delivered: (type, streams) => events.add(type, streams),
    replayed: (count) => replayed.inc(count),
    dropped: (reason) => dropped.add(reason),
    gap: (reason) => gap.add(reason),
  };
}
