import { Counter, Gauge, type Registry } from 'prom-client';

/** A counter with one label. */
export interface LabelledCounter {
  add(value: string, amount?: number): void;
}

/** Registers a counter with one label, whose known values begin at zero: `increase()` never sees a counter that is born at 1. */
export function registerCounter(
  registry: Registry,
  { name, help, label, values }: { name: string; help: string; label: string; values: readonly string[] },
): LabelledCounter {
  const counter = new Counter({ name, help, labelNames: [label], registers: [registry] });
  const add = (value: string, amount = 1) => counter.inc({ [label]: value }, amount);
  for (const value of values) add(value, 0);
  return { add };
}

/** Registers a gauge that has no sample until it is set: what is not a number is not exposed. `collect` runs before it is read. */
export function registerGauge(registry: Registry, name: string, help: string, collect = () => {}): Gauge {
  const gauge = new Gauge({ name, help, registers: [registry], collect });
  gauge.set(Number.NaN);
  return gauge;
}
