import { uptime } from 'node:os';
import type { Clock as WallAndUptime } from '../core/clock.ts';

/** The clock of a follower, with steady time and a timer. */
export interface Clock extends WallAndUptime {
  /** Milliseconds since some fixed moment; never steps back, and pauses while the machine is suspended. */
  steady(): number;
  /** Runs `task` once after `ms`, unless the returned function is called before. */
  after(ms: number, task: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  uptime: () => uptime() * 1_000,
  steady: () => performance.now(),
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or as soon as `signal` is aborted. */
export function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      callOff();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const callOff = clock.after(ms, end);
    signal.addEventListener('abort', end);
  });
}
