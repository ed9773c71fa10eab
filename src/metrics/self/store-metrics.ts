import { Counter, type Registry } from 'prom-client';

/** Counts the failed writes of the store. */
export interface StoreMetrics {
  /** A write failed; the data waits in memory. */
  failed(): void;
}

/** Registers the metrics of the store. */
export function registerStoreMetrics(registry: Registry): StoreMetrics {
  const errors = new Counter({
    name: 'tmux_exporter_store_errors_total',
    help: 'Failed writes to the store; events are kept in memory until a write succeeds.',
    registers: [registry],
  });
  return { failed: () => errors.inc() };
}
