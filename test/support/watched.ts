import { setTimeout as delay } from 'node:timers/promises';

/** How long a death watch takes at the longest until what it tells of a death counts. */
const ARRIVED_MS = 500;

/** Settles when the watch of a server that has just come up can tell how it dies: nothing else tells when it has arrived. */
export async function watched(): Promise<void> {
  await delay(ARRIVED_MS + 200);
}
