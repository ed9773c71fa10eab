import { createSelfMetrics, type SelfMetrics } from '../../../src/metrics/self/self-metrics.ts';

/** Metrics about a daemon of version 1.2.3 with one registered server. */
export function sampleSelfMetrics(): SelfMetrics {
  return createSelfMetrics({
    build: { version: '1.2.3', nodeVersion: 'v24.0.0' },
    registeredServers: () => 1,
    heldWatches: () => 1,
    droppedLogLines: () => 0,
    tmuxCommands: ['list-panes', 'list-clients'],
    feedReasons: { drops: ['slow'], gaps: ['evicted'] },
  });
}
