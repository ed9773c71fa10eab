import type { Clock as WallAndUptime } from '../../core/clock.ts';

/** The clock of the alerting, with timers. */
export interface Clock extends WallAndUptime {
  /** Runs `task` once after `ms`, unless the returned function is called before. */
  after(ms: number, task: () => void): () => void;
}

/** A clock with timers of the machine, which do not keep the process alive. */
export function withTimers(clock: WallAndUptime): Clock {
  return {
    ...clock,
    after(ms, task) {
      const timer = setTimeout(task, ms).unref();
      return () => clearTimeout(timer);
    },
  };
}
