import { uptime } from 'node:os';
import type { Clock } from '../core/clock.ts';

/** `os.uptime` is as coarse as a second on some platforms: a shorter suspension is not noticed. */
const LEAST_SUSPENSION_MS = 1_500;

let suspendedMs = uptime() * 1_000 - performance.now();
let difference = Date.now() - performance.now();

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  /** While the machine is suspended, `performance.now` stops and the wall clock goes on. The wall clock also jumps if it is set. `os.uptime`, which takes 5 µs, distinguishes the two. */
  uptime() {
    const running = performance.now();
    if (Math.abs(Date.now() - running - difference) >= LEAST_SUSPENSION_MS) {
      difference = Date.now() - running;
      const suspendedNow = uptime() * 1_000 - running;
      if (suspendedNow - suspendedMs >= LEAST_SUSPENSION_MS) suspendedMs = suspendedNow;
    }
    return running + suspendedMs;
  },
};
