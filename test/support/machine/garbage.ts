import { GCProfiler } from 'node:v8';

/** The cost of some work to the heap. */
export interface Garbage {
  /** Bytes allocated on the heap of JavaScript, and in buffers beside it. */
  readonly bytes: number;
  /** Time that collecting took, in milliseconds. */
  readonly collectionMs: number;
}

/** Measures all that `work` allocates, also what is collected meanwhile: before each collection there is what was left by the one before, and what came since. */
export async function garbageOf(work: () => Promise<unknown>): Promise<Garbage> {
  const profiler = new GCProfiler();
  const { heapUsed, external } = process.memoryUsage();
  profiler.start();
  await work();
  const { statistics } = profiler.stop();
  const after = process.memoryUsage();
  let left = heapUsed + external;
  let bytes = 0;
  let collectionMs = 0;
  for (const { beforeGC, afterGC, cost } of statistics) {
    bytes += Math.max(0, usedBytes(beforeGC) - left);
    left = usedBytes(afterGC);
    collectionMs += cost / 1000;
  }
  return { bytes: bytes + Math.max(0, after.heapUsed + after.external - left), collectionMs };
}

type HeapState = ReturnType<GCProfiler['stop']>['statistics'][number]['beforeGC'];

function usedBytes({ heapStatistics }: HeapState): number {
  return heapStatistics.usedHeapSize + heapStatistics.externalMemory;
}
