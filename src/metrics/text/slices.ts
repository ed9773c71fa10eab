import { setImmediate as nextTurn } from 'node:timers/promises';

/** Longest time that work may block the event loop, in milliseconds. */
const SLICE_MS = 5;

/** Work in steps of well under a millisecond each, with a result at the end. */
export type Steps<T> = Generator<void, T>;

/** Runs the steps in slices of about 5 ms, so that the feed and the polls continue in between. */
export async function runInSlices<T>(steps: Steps<T>): Promise<T> {
  let begun = performance.now();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (performance.now() - begun < SLICE_MS) continue;
    await nextTurn();
    begun = performance.now();
  }
}
