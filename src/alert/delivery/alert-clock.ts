import type { Clock as WallAndUptime } from '../../core/clock.ts';

/** The clock of the alerting, with timers. */
export interface Clock extends WallAndUptime {
  /** Runs `task` once after `ms`, unless the returned function is called first. */
  after(ms: number, task: () => void): () => void;
}

/** Adds timers of the machine to a clock. They do not keep the process alive. */
export function withTimers(clock: WallAndUptime): Clock {
  return {
    ...clock,
    after(ms, task) {
      const timer = setTimeout(task, ms).unref();
      return () => clearTimeout(timer);
    },
  };
}
