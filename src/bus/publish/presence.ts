import type { ServerRecord } from '../../core/record/record.ts';
import { Alarm, type BusClock } from '../bus-clock.ts';
import { statesText } from './host-message.ts';

const SHORTEST_GAP_MS = 1_000;

/** The parts that a presence is built from. */
export interface PresenceOptions {
  readonly records: () => readonly ServerRecord[];
  readonly heartbeatMs: number;
  /** Sends the state of the host, and gives whether the bus answered. It never rejects. */
  readonly send: (state: 'present' | 'left') => Promise<boolean>;
  readonly clock: BusClock;
  /** 0 to 1, exclusive. */
  readonly random: () => number;
}

/** Reports the host and its servers to the bus: with each heartbeat, within a second after a server changed its state, and at the end. */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #alarm: Alarm;
  /** The shortest time between two reports. Only the end cuts it short. */
  readonly #gap: Alarm;
  #sent = '';
  #isStopped = false;
  readonly #ended: Promise<void>;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock);
    this.#gap = new Alarm(options.clock);
    this.#ended = this.#run();
  }

  /** Reports at once if a server has another state than in the last message. */
  refresh(): void {
    if (statesText(this.#options.records()) !== this.#sent) this.#alarm.ring();
  }

  /** Reports at once. */
  repeat(): void {
    this.#alarm.ring();
  }

  /** Ends. `departs` says that the exporter leaves the fleet. */
  async stop(departs: boolean): Promise<void> {
    this.#isStopped = true;
    this.#alarm.ring();
    this.#gap.ring();
    await this.#ended;
    if (departs) await this.#options.send('left');
  }

  async #run(): Promise<void> {
    const { records, heartbeatMs, send, random } = this.#options;
    for (let failures = 0; !this.#isStopped; ) {
      this.#sent = statesText(records());
      const isTaken = await send('present');
      failures = isTaken ? 0 : failures + 1;
      // A bus that is too busy to answer must not get more to do by all who repeat their report.
      const waitMs = isTaken ? heartbeatMs : Math.min(heartbeatMs, SHORTEST_GAP_MS * 2 ** (failures - 1));
      await this.#alarm.wait(waitMs * (0.8 + 0.4 * random()));
      // A report that was not taken is not one that must be a second old: the bus may have been reached just now.
      if (isTaken && !this.#isStopped) await this.#gap.wait(SHORTEST_GAP_MS);
    }
  }
}
