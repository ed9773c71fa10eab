import { Counter, Gauge, type Registry } from 'prom-client';

/** A counter with one label. */
export interface LabelledCounter {
  add(value: string, amount?: number): void;
}

/** Registers a counter with one label, whose known values start at zero: `increase()` does not see a counter that starts at 1. */
export function registerCounter(
  registry: Registry,
  { name, help, label, values }: { name: string; help: string; label: string; values: readonly string[] },
): LabelledCounter {
  const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  const add = (value: string, amount = 1) => counter.inc({ [label]: value }, amount);
  for (const value of values) add(value, 0);
  return { add };
}

/** Registers a gauge that has no sample until it is set: NaN is not exposed. `collect` runs before each reading. */
export function registerGauge(registry: Registry, name: string, help: string, collect = () => {}): Gauge {
  const gauge = new Gauge({ name, help, registers: [registry], collect });
  gauge.set(Number.NaN);
  return gauge;
}
