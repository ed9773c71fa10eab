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

/** A tick, and the observers of it. */
export interface TickOptions {
  readonly tick: () => Promise<void>;
  /** Called after each tick with how long it took, in milliseconds. */
  readonly onTick: (durationMs: number) => void;
  /** Called for a bug: a tick never rejects for anything a server does. */
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
  onTick(performance.now() - begun);
}
