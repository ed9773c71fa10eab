/** Decides when all servers are polled: by a schedule, or by scrapes. */
export interface Pace {
  /** Runs the first tick at once. It settles when that has ended. */
  start(): Promise<void>;
  /** The time between the next two ticks, in milliseconds; null if scrapes decide. */
  intervalMs(): number | null;
  /** Called before a scrape is answered. Settles when the polled values are fresh enough, or after `withinMs`. */
  freshen(withinMs: number): Promise<void>;
  /** Begins no further tick, and waits for running ones. */
  stop(): Promise<void>;
}

/** The tick to run, and callbacks for its end. */
export interface TickOptions {
  readonly tick: () => Promise<void>;
  /** Called after each tick with how long it took, in milliseconds. */
  readonly onTick: (durationMs: number) => void;
  /** Called if a tick rejects or `onTick` throws, which is a bug: nothing that a server does rejects a tick. */
  readonly onError: (error: unknown) => void;
}

/** Runs one tick and measures it. It never rejects. */
export async function runTick({ tick, onTick, onError }: TickOptions): Promise<void> {
  const begun = performance.now();
  try {
    await tick();
  } catch (error) {
    onError(error);
  }
  try {
    onTick(performance.now() - begun);
  } catch (error) {
    onError(error);
  }
}
