import { Counter, type Registry } from 'prom-client';
import { registerGauge } from './instrument.ts';

/** Counts what becomes of the death watches. */
export interface WatchMetrics {
  /** A watch ended while its server lived, and was begun anew. */
  restarted(): void;
}

/** Registers the metrics of the death watches, of which `held` have reached their servers. */
export function registerWatchMetrics(registry: Registry, held: () => number): WatchMetrics {
  const watches = registerGauge(
    registry,
    'tmux_exporter_watches',
    'Death watches that hold: each server with one tells of its own death.',
    () => watches.set(held()),
  );
  const restarts = new Counter({
    name: 'tmux_exporter_watch_restarts_total',
    help: 'Death watches that were begun anew, since they ended while their server lived.',
    registers: [registry],
  });
  return { restarted: () => restarts.inc() };
}
