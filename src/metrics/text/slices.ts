import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work may hold the event loop before everything else has its turn. */
const SLICE_MS = 5;

/** Work in steps of well under a millisecond each, which returns its result. */
export type Steps<T> = Generator<void, T>;

/** Does the steps in slices of about 5 ms, so that the feed and the polls go on meanwhile. */
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
