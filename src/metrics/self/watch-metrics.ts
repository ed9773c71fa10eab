import { Counter, type Registry } from 'prom-client';
import { registerGauge } from './instrument.ts';

/** Counts restarts of death watches. */
export interface WatchMetrics {
  /** A watch ended while its server was alive, and was started again. */
  restarted(): void;
}

/** Registers the metrics of the death watches, of which `held` have reached their servers. */
export function registerWatchMetrics(registry: Registry, held: () => number): WatchMetrics {
  const watches = registerGauge(
    registry,
    'tmux_exporter_watches',
    'Servers with a death watch: their deaths are reported at once.',
    () => watches.set(held()),
  );
  const restarts = new Counter({
    name: 'tmux_exporter_watch_restarts_total',
    help: 'Death watches that ended while their server lived, and were started again.',
    registers: [registry],
  });
  return { restarted: () => restarts.inc() };
}
