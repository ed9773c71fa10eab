import { beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { registerEventLoopMetrics } from '../../../src/metrics/self/event-loop-metrics.ts';
import { eventually } from '../../support/machine/eventually.ts';

function holdLoop(ms: number): void {
  const begun = performance.now();
  while (performance.now() - begun < ms);
}

describe('The longest lag of the event loop', () => {
  let registry: Registry;

  beforeEach(() => {
    registry = new Registry();
    registerEventLoopMetrics(registry);
  });

  async function lag(): Promise<number> {
    const metrics = await registry.getMetricsAsJSON();
    return metrics.find(({ name }) => name === 'nodejs_eventloop_lag_max_seconds')?.values[0]?.value ?? 0;
  }

  it('has no value if nothing was measured yet', async () => {
    expect(await lag()).toBeNaN();
  });

  it('is near zero while nothing holds it', async () => {
    await eventually('a lag below 10 ms', async () => (await lag()) < 0.01);
  });

  it('is about as long as something holds it', async () => {
    await eventually('a lag above 30 ms', async () => {
      holdLoop(60);
      return (await lag()) > 0.03;
    });
  });
});
