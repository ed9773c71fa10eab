import type { Registry } from 'prom-client';
import { registerGauge } from './instrument.ts';

/** Shows whether what is in force is what a file holds, and since when. */
export interface ReloadGauges {
  /** The file is in force; `at` is Unix milliseconds. */
  loaded(at: number): void;
  /** The file could not be used, and what was read before stays in force. */
  failed(): void;
  /** There is no file. The gauges have no sample. */
  none(): void;
}

/** Registers `<name>_last_reload_successful` and `<name>_last_reload_timestamp_seconds`. */
export function registerReloadGauges(
  registry: Registry,
  name: string,
  help: { readonly successful: string; readonly timestamp: string },
): ReloadGauges {
  const successful = registerGauge(registry, `${name}_last_reload_successful`, help.successful);
  const timestamp = registerGauge(registry, `${name}_last_reload_timestamp_seconds`, help.timestamp);
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
