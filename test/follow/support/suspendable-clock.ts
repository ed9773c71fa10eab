import type { Clock } from '../../../src/follow/follow-clock.ts';
import { FakeClock } from '../../feed/support/fake-clock.ts';

/** The clock of a machine that can be suspended; it only moves when it is advanced. */
export class SuspendableClock extends FakeClock implements Clock {
  #suspendedMs = 0;

  override now(): number {
    return super.now() + this.#suspendedMs;
  }

  uptime(): number {
    return this.steady() + this.#suspendedMs;
  }

  /** Wall time goes on, the machine does not. */
  suspend(ms: number): void {
    this.#suspendedMs += ms;
  }
}
