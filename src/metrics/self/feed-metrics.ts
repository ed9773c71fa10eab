import { Counter, Gauge, type Registry } from 'prom-client';
import { EVENT_TYPES, type EventType } from '../../core/event/event.ts';
import { registerCounter } from './instrument.ts';

/** All reasons for which streams of the feed are disconnected or have gaps. */
export interface FeedReasons {
  readonly drops: readonly string[];
  readonly gaps: readonly string[];
}

/** Counts the streams and events of the feed. */
export interface FeedMetrics {
  connected(): void;
  disconnected(): void;
  /** A live event was sent to this many streams. */
  delivered(type: EventType, streams: number): void;
  /** This many past events were sent to one stream. */
  replayed(events: number): void;
  /** A client was disconnected or refused. */
  dropped(reason: string): void;
  /** A stream began with a gap. */
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
