import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** The bytes that the program holds, buffers included, after what it has let go of was collected. */
export function heldBytes(): number {
  // The memory of buffers is freed beside the program: a second collection waits for the first one's.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
