import type { Registry } from 'prom-client';
import registerMemory from 'prom-client/lib/metrics/osMemoryHeap.js';
import registerCpu from 'prom-client/lib/metrics/processCpuTotal.js';
import registerMaxFds from 'prom-client/lib/metrics/processMaxFileDescriptors.js';
import registerOpenFds from 'prom-client/lib/metrics/processOpenFileDescriptors.js';
import registerStartTime from 'prom-client/lib/metrics/processStartTime.js';

/** Registers the standard `process_*` metrics of the daemon's own process. */
export function registerProcessMetrics(registry: Registry): void {
  for (const register of [registerCpu, registerMemory, registerStartTime, registerOpenFds, registerMaxFds]) {
    register(registry);
  }
}
