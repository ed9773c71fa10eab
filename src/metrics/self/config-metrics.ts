import { Gauge, type Registry } from 'prom-client';
import { type ReloadGauges, registerReloadGauges } from './reload-gauges.ts';

/** Records whether the configuration in force is the one on disk. */
export interface ConfigMetrics extends Pick<ReloadGauges, 'loaded' | 'failed'> {
  /** Whether an option was changed that takes effect only after a restart. */
  restartNeeded(option: string, isNeeded: boolean): void;
}

/** Registers the state of the configuration. */
export function registerConfigMetrics(registry: Registry): ConfigMetrics {
  const gauges = registerReloadGauges(registry, 'tmux_exporter_config', {
    successful: 'Whether the last attempt to load the configuration succeeded: 1 or 0.',
    timestamp: 'Unix time at which the configuration in force was loaded.',
  });
  const restart = new Gauge({
    name: 'tmux_exporter_config_restart_needed',
    help: 'Whether the option was changed and needs a restart of the exporter: 1 or 0.',
    labelNames: ['option'],
    registers: [registry],
  });
  return { ...gauges, restartNeeded: (option, isNeeded) => restart.set({ option }, isNeeded ? 1 : 0) };
}

/** Records whether the web config file in force is the one on disk. */
export type WebConfigMetrics = ReloadGauges;

/** Registers the state of the web config file. Without one there are no samples. */
export function registerWebConfigMetrics(registry: Registry): WebConfigMetrics {
  return registerReloadGauges(registry, 'tmux_exporter_web_config', {
    successful: 'Whether the web config file and its certificates could be used when they last changed: 1 or 0.',
    timestamp: 'Unix time at which the web config file in force was read.',
  });
}
