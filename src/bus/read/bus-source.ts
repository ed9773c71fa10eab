import type { FleetSource } from '../../core/fleet/fleet.ts';
import type { BusClock } from '../bus-clock.ts';
import type { StreamReader } from './stream-reader.ts';

/** The parts of a reader that its source is told by. */
type Reader = Pick<StreamReader, 'isUp' | 'hasRead' | 'isWhole' | 'lagSeconds'>;

/** Both streams of a fleet, as one source. */
export class BusSource implements FleetSource {
  readonly #readers: () => readonly Reader[];
  readonly #clock: BusClock;
  #downSince: number | null;

  constructor(readers: () => readonly Reader[], clock: BusClock) {
    this.#readers = readers;
    this.#clock = clock;
    this.#downSince = clock.uptime();
  }

  get isUp(): boolean {
    return this.#downSince === null;
  }

  get downSince(): number | null {
    return this.#downSince;
  }

  get hasRead(): boolean {
    return this.#readers().every(({ hasRead }) => hasRead);
  }

  get isWhole(): boolean {
    return this.#readers().every(({ isWhole }) => isWhole);
  }

  get lagSeconds(): number {
    return Math.max(...this.#readers().map(({ lagSeconds }) => lagSeconds));
  }

  /** A reader went up or down. */
  refresh(): void {
    const isUp = this.#readers().every((reader) => reader.isUp);
    if (isUp !== this.isUp) this.#downSince = isUp ? null : this.#clock.uptime();
  }
}
