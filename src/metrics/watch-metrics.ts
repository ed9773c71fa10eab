import { Counter, type Registry } from 'prom-client';

/** Counts what becomes of the death watches. */
export interface WatchMetrics {
  /** A watch ended while its server lived, and was begun anew. */
  restarted(): void;
}

/** Registers the metrics of the death watches. */
export function registerWatchMetrics(registry: Registry): WatchMetrics {
  const restarts = new Counter({
    name: 'tmux_exporter_watch_restarts_total',
    help: 'Death watches that were begun anew, since they ended while their server lived.',
    registers: [registry],
  });
  return { restarted: () => restarts.inc() };
}
