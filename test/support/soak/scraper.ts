import { setTimeout as delay } from 'node:timers/promises';
import type { SoakedDaemon } from './soaked-daemon.ts';

const EVERY_MS = 1_000;

/** Scrapes the metrics once a second, and counts the failures. */
export class SoakScraper {
  scrapes = 0;
  /** Each failed scrape in words, with its beginning and end in Unix milliseconds. */
  readonly failures: { readonly from: number; readonly to: number; readonly problem: string }[] = [];
  readonly #soaked: SoakedDaemon;
  readonly #running: Promise<void>;
  #isOver = false;

  constructor(soaked: SoakedDaemon) {
    this.#soaked = soaked;
    this.#running = this.#run();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const from = Date.now();
      const problem = await this.#scrape().catch(String);
      this.scrapes++;
      if (problem !== null) this.failures.push({ from, to: Date.now(), problem });
      await delay(EVERY_MS);
    }
  }

  async #scrape(): Promise<string | null> {
    const metrics = await this.#soaked.access.text(this.#soaked.url, '/metrics');
    return /^tmux_exporter_polls_total \d/m.test(metrics) ? null : 'an answer without tmux_exporter_polls_total';
  }
}
