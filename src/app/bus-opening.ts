import type { BusAccess } from '../bus/connection/credentials.ts';
import type { Config } from '../config/schema.ts';
import type { Log } from './announcer.ts';
import { readBusAccess } from './bus-login.ts';
import type { Environment } from './environment.ts';

/** How often files that cannot be used are read again. */
const RETRY_MS = 30_000;

/** The parts of a {@link BusOpening}. */
export interface BusOpeningParts {
  readonly bus: Config['bus'];
  /** The name of the user of the bus, which its inbox is named after. */
  readonly name: string;
  readonly environment: Environment;
  readonly log: Log;
  /** What the log says if the files of the bus cannot be used: "nothing is published to the bus". */
  readonly consequence: string;
  /** Called once, as soon as the files of the bus can be used. */
  readonly open: (access: BusAccess) => Promise<void>;
}

/** Reads how the bus is reached, again and again until its files can be used, and opens it then. */
export class BusOpening {
  readonly #parts: BusOpeningParts;
  #problem: string | null = null;
  #retry: NodeJS.Timeout | null = null;
  #opening: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(parts: BusOpeningParts) {
    this.#parts = parts;
  }

  /** Begins, and returns at once. */
  start(): void {
    this.#opening = this.#open();
  }

  /** Settles when nothing is being opened any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#retry) clearTimeout(this.#retry);
    await this.#opening;
  }

  async #open(): Promise<void> {
    const { log, consequence } = this.#parts;
    try {
      await this.#tryToOpen();
    } catch (error) {
      log.error({ err: error }, `${consequence}, because of a bug in the exporter`);
    }
  }

  async #tryToOpen(): Promise<void> {
    const { bus, name, environment, log, consequence, open } = this.#parts;
    const reading = await readBusAccess(bus, name, environment.readFile);
    if (this.#isStopped) return;
    if (reading.kind === 'read') return open(reading.access);
    if (reading.problem !== this.#problem) log.error({}, `${consequence}: ${reading.problem}`);
    this.#problem = reading.problem;
    this.#retry = setTimeout(() => this.start(), RETRY_MS).unref();
  }
}
