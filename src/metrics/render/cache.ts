/** Wraps `read` so that it reads at most every `ms` milliseconds. Calls in between get the last reading. */
export function cacheFor<T>(ms: number, read: () => Promise<T>, now: () => number = () => performance.now()) {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<T> | null = null;
  return (): Promise<T> => {
    if (reading && now() - readAt < ms) return reading;
    readAt = now();
    reading = read();
    return reading;
  };
}
