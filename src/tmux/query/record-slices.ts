/** Work that can be interrupted at each `yield`. */
export type Slices<Result> = Generator<void, Result>;

/** How many items are one slice: some milliseconds. */
const SLICE = 2_000;

/** Does something with each item, in slices. */
export function* each<T>(items: readonly T[], work: (item: T, at: number) => void): Slices<void> {
  for (const [at, item] of items.entries()) {
    work(item, at);
    if (at % SLICE === SLICE - 1) yield;
  }
}

/** Maps all items, in slices. */
export function* mapped<T, R>(items: readonly T[], map: (item: T) => R): Slices<R[]> {
  const results: R[] = [];
  yield* each(items, (item) => results.push(map(item)));
  return results;
}

/** Does all slices at once. */
export function atOnce<Result>(work: Slices<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/** Does a slice in each turn of the event loop. */
export async function inTurns<Result>(work: Slices<Result>): Promise<Result> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
