import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import { registerGauge } from './instrument.ts';

const RESOLUTION_MS = 20;

/** Registers the lag of the event loop since the last scrape. If nothing was measured in between, there is no sample. */
export function registerEventLoopMetrics(registry: Registry): void {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const gauge = (statistic: string, help: string, collect?: () => void) =>
    registerGauge(registry, `nodejs_eventloop_lag_${statistic}_seconds`, `${help}, since the last scrape.`, collect);
  // The first gauge sets both, because gauges are read in the order of their registration.
  const p99 = gauge('p99', '99th percentile of the lag of the event loop', () => {
    const isMeasured = delays.count > 0;
    p99.set(isMeasured ? lagSeconds(delays.percentile(99)) : Number.NaN);
    max.set(isMeasured ? lagSeconds(delays.max) : Number.NaN);
    if (isMeasured) delays.reset();
  });
  const max = gauge('max', 'Longest lag of the event loop');
}

/** The lag in a delay. Node measures the nanoseconds between two timers, which include the resolution even if nothing is late. */
function lagSeconds(delay: number): number {
  return Math.max(0, delay / 1e9 - RESOLUTION_MS / 1e3);
}
