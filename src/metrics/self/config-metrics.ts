import { Gauge, type Registry } from 'prom-client';
import { registerGauge } from './instrument.ts';

/** Records whether the configuration in force is the one on disk. */
export interface ConfigMetrics {
  /** A configuration is in force; `at` is Unix milliseconds. */
  loaded(at: number): void;
  /** A configuration could not be used, and the old one stays in force. */
  failed(): void;
  /** Whether an option was changed that takes effect only after a restart. */
  restartNeeded(option: string, isNeeded: boolean): void;
}

/** Registers the state of the configuration. */
export function registerConfigMetrics(registry: Registry): ConfigMetrics {
  const successful = registerGauge(
    registry,
    'tmux_exporter_config_last_reload_successful',
    'Whether the last attempt to load the configuration succeeded: 1 or 0.',
  );
  const timestamp = registerGauge(
    registry,
    'tmux_exporter_config_last_reload_timestamp_seconds',
    'Unix time at which the configuration in force was loaded.',
  );
  const restart = new Gauge({
    name: 'tmux_exporter_config_restart_needed',
    help: 'Whether the option was changed and needs a restart of the exporter: 1 or 0.',
    labelNames: ['option'],
    registers: [registry],
  });
  return {
    loaded: (at) => {
      successful.set(1);
      timestamp.set(at / 1000);
    },
    failed: () => successful.set(0),
    restartNeeded: (option, isNeeded) => restart.set({ option }, isNeeded ? 1 : 0),
  };
}
