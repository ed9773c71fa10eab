/** What decides when all servers are polled. */
export interface Pace {
  /** Runs the first tick at once. It settles when that has ended. */
  start(): Promise<void>;
  /** The time between the next two ticks, in milliseconds; null where none is known beforehand. */
  intervalMs(): number | null;
  /** Called before what was polled is shown: settles when it is as fresh as it gets within `withinMs`. */
  freshen(withinMs: number): Promise<void>;
  /** Begins no tick any more, and waits for what is under way. */
  stop(): Promise<void>;
}
