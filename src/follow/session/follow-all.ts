import { type Clock, pause } from '../follow-clock.ts';
import type { Follower } from './follower.ts';
import type { Handle } from './progress.ts';

/** How long a follower that is done waits for the first attempts of the others, which save where they begin the next time. */
const ATTEMPT_MS = 2_000;

/** Runs several followers until `signal` is aborted, or one of them is done; the others end with it. Rejects as the first follower that does. */
export async function followAll(followers: readonly Follower[], clock: Clock, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const runs = followers.map((follower) => follower.run(either));
  const attempts = Promise.all(followers.map(({ attempted }) => attempted));
  try {
    await Promise.race(runs);
    await Promise.race([attempts, pause(clock, ATTEMPT_MS, either)]);
  } finally {
    over.abort();
    await Promise.allSettled(runs);
  }
}

/** Creates a limit for the handlers of several followers: together they handle one event. The others stay unhandled, so that they come again in the next run. */
export function onlyFirst(): (handle: Handle) => Handle {
  let isTaken = false;
  return (handle) => (event) => {
    if (isTaken) return new Promise(() => {});
    isTaken = true;
    return handle(event);
  };
}
