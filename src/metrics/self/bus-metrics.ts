import { Gauge, Histogram, type Registry } from 'prom-client';
import { PUBLISH_RESULTS, REFUSAL_REASONS } from '../../core/fleet/bus-words.ts';
import { type LabelledCounter, registerCounter } from './instrument.ts';

/** What is read from the bus at each scrape. */
export interface BusState {
  readonly isUp: boolean;
  /** Events that wait to be published. */
  readonly waiting: number;
  /** Age of the oldest; 0 if there is none. */
  readonly oldestSeconds: number;
}

/** Counts what is published to the bus. Without a bus there are no metrics of it. */
export interface BusMetrics {
  /** Begins to expose the metrics. `state` is read at each scrape. */
  follow(state: () => BusState): void;
  /** Removes the metrics. */
  drop(): void;
  published(result: string, events: number): void;
  refused(reason: string): void;
  /** An event was stored after this time. */
  stored(durationMs: number): void;
}

const NAME = 'tmux_exporter_bus';
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

interface Instruments {
  readonly names: readonly string[];
  readonly published: LabelledCounter;
  readonly refused: LabelledCounter;
  readonly duration: Histogram;
}

/** Prepares the metrics of the bus. */
export function registerBusMetrics(registry: Registry): BusMetrics {
  let instruments: Instruments | null = null;
  let stateNow: () => BusState = () => ({ isUp: false, waiting: 0, oldestSeconds: 0 });
  return {
    follow: (state) => {
      stateNow = state;
      instruments ??= createInstruments(registry, () => stateNow());
    },
    drop: () => {
      for (const name of instruments?.names ?? []) registry.removeSingleMetric(name);
      instruments = null;
    },
    published: (result, events) => instruments?.published.add(result, events),
    refused: (reason) => instruments?.refused.add(reason),
    stored: (durationMs) => instruments?.duration.observe(durationMs / 1_000),
  };
}

function createInstruments(registry: Registry, state: () => BusState): Instruments {
  const registers = [registry];
  const gauge = (end: string, help: string, valueIn: (now: BusState) => number) => {
    const metric: Gauge = new Gauge({
      name: `${NAME}_${end}`,
      help,
      registers,
      collect: () => metric.set(valueIn(state())),
    });
  };
  gauge('up', 'Whether a usable server of the bus is connected.', ({ isUp }) => Number(isUp));
  gauge('outbox_events', 'Events of the history that wait to be published to the bus.', ({ waiting }) => waiting);
  gauge('outbox_oldest_seconds', 'Age of the oldest event that waits to be published; 0 if there is none.', (now) => {
    return now.oldestSeconds;
  });
  const published = registerCounter(registry, {
    name: `${NAME}_published_total`,
    help: 'Events that were stored on the bus, were there already, were put back because the bus had lost them, or were skipped.',
    label: 'result',
    values: PUBLISH_RESULTS,
  });
  const refused = registerCounter(registry, {
    name: `${NAME}_refused_total`,
    help: 'Messages that the bus refused, and refusals to publish under a name that another exporter has.',
    label: 'reason',
    values: REFUSAL_REASONS,
  });
  const duration = new Histogram({
    name: `${NAME}_publish_duration_seconds`,
    help: 'Time until the bus acknowledged an event.',
    buckets: BUCKETS,
    registers,
  });
  const ends = [
    'up',
    'outbox_events',
    'outbox_oldest_seconds',
    'published_total',
    'refused_total',
    'publish_duration_seconds',
  ];
  return { names: ends.map((end) => `${NAME}_${end}`), published, refused, duration };
}
