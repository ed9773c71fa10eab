import type { Registry } from 'prom-client';
import { registerGauge } from './instrument.ts';

/** Records whether the web config file in force is the one on disk. */
export interface WebConfigMetrics {
  /** A file is in force; `at` is Unix milliseconds. */
  loaded(at: number): void;
  /** A file could not be used, and the former one stays in force. */
  failed(): void;
  /** No file is configured. */
  none(): void;
}

/** Registers the metrics of the web config file. Without one there are no samples. */
export function registerWebConfigMetrics(registry: Registry): WebConfigMetrics {
  const successful = registerGauge(
    registry,
    'tmux_exporter_web_config_last_reload_successful',
    'Whether the web config file and its certificates could be used when they last changed: 1 or 0.',
  );
  const timestamp = registerGauge(
    registry,
    'tmux_exporter_web_config_last_reload_timestamp_seconds',
    'Unix time at which the web config file in force was read.',
  );
  return {
    loaded: (at) => {
      successful.set(1);
      timestamp.set(at / 1000);
    },
    failed: () => successful.set(0),
    none: () => {
      successful.set(Number.NaN);
      timestamp.set(Number.NaN);
    },
  };
}
