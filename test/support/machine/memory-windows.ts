import { residentBytes } from './process-cost.ts';

const MIB = 2 ** 20;

/** The resident memory of a process over three equal parts of some work: what grows by each part leaks, what only grows in the first was warmed up. */
export class MemoryWindows {
  readonly #pid: number;
  readonly #total: number;
  readonly #bytes: number[];
  #done = 0;

  /** `total` is how many pieces the work has. */
  constructor(pid: number, total: number) {
    this.#pid = pid;
    this.#total = total;
    this.#bytes = [residentBytes(pid)];
  }

  /** A piece of the work is done. */
  step(): void {
    this.#done++;
    if (this.#done >= (this.#total * this.#bytes.length) / 3) this.#bytes.push(residentBytes(this.#pid));
  }

  /** Its growth in each third, in MiB. */
  get growth(): readonly number[] {
    return this.#bytes.slice(1).map((bytes, index) => (bytes - (this.#bytes[index] ?? 0)) / MIB);
  }

  /** For people. */
  get text(): string {
    return `RSS ${this.#bytes.map((bytes) => (bytes / MIB).toFixed(1)).join(' -> ')} MiB over three thirds of ${this.#total}`;
  }
}
