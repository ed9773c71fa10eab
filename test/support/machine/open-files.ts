import { closeSync, openSync } from 'node:fs';

/** Opens some more files in this process while something is done. */
export async function withOpenFiles<T>(count: number, work: () => T | Promise<T>): Promise<T> {
  const descriptors: number[] = [];
  try {
    while (descriptors.length < count) descriptors.push(openSync('/dev/null', 'r'));
    return await work();
  } finally {
    for (const descriptor of descriptors) closeSync(descriptor);
  }
}
