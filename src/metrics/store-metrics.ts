import { Counter, type Registry } from 'prom-client';

/** Counts the troubles of the store. */
export interface StoreMetrics {
  /** It could not be written: what is to be stored waits in memory. */
  failed(): void;
}

/** Registers the metrics of the store. */
export function registerStoreMetrics(registry: Registry): StoreMetrics {
  const errors = new Counter({
    name: 'tmux_exporter_store_errors_total',
    help: 'Failed attempts to write to the store; what is to be stored waits in memory meanwhile.',
    registers: [registry],
  });
  return { failed: () => errors.inc() };
}
