import { Gauge, type Registry } from 'prom-client';

/** One run of a collector. */
export interface CollectorRun {
  readonly collector: string;
  readonly durationMs: number;
  /** Why not everything could be collected; null if everything was. */
  readonly problem: string | null;
}

/** Records the runs of the collectors. */
export interface CollectorMetrics {
  ended(run: CollectorRun): void;
  /** Drops all series, because a reload may have turned collectors off. */
  reset(): void;
}

/** Registers the metrics of the collectors. A collector that is turned off has no series. */
export function registerCollectorMetrics(registry: Registry): CollectorMetrics {
  const options = { labelNames: ['collector'], registers: [registry] };
  const success = new Gauge({
    name: 'tmux_exporter_collector_success',
    help: 'Whether the last run of the collector could read everything: 1 or 0.',
    ...options,
  });
  const duration = new Gauge({
    name: 'tmux_exporter_collector_duration_seconds',
    help: 'How long the last run of the collector took.',
    ...options,
  });
  return {
    ended: ({ collector, durationMs, problem }) => {
      success.set({ collector }, problem === null ? 1 : 0);
      duration.set({ collector }, durationMs / 1000);
    },
    reset: () => {
      success.reset();
      duration.reset();
    },
  };
}
