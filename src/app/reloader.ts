import type { Config } from '../config/schema.ts';
import type { Reload } from '../http/ports.ts';
import type { ConfigMetrics } from '../metrics/self/config-metrics.ts';
import type { Log } from './announcer.ts';
import { FIXED_OPTIONS, optionsForNextStart } from './reload.ts';

/** A configuration that was read again, or why it cannot be used. */
export type ConfigReading =
  | { readonly kind: 'loaded'; readonly config: Config }
  | { readonly kind: 'invalid'; readonly message: string };

/** The parts of a {@link Reloader}. */
export interface ReloaderParts {
  /** The configuration at the start. */
  readonly started: Config;
  readonly read: () => Promise<ConfigReading>;
  /** Changes to a configuration, or returns why that is not possible, and then changes nothing. */
  readonly change: (config: Config) => Promise<string | null>;
  readonly metrics: ConfigMetrics;
  readonly log: Log;
}

/** Reads the configuration again, one reload after another. The old configuration stays if the new one is bad. */
export class Reloader {
  readonly #parts: ReloaderParts;
  #reloading: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  constructor(parts: ReloaderParts) {
    this.#parts = parts;
    parts.metrics.loaded(Date.now());
    this.#reportFixed(parts.started);
  }

  /** Runs the start of the daemon. Reloads that are asked for meanwhile wait until it has ended; if it fails, none begins. */
  start<T>(work: () => Promise<T>): Promise<T> {
    const started = work();
    this.#reloading = started.catch(() => {
      this.#isStopped = true;
    });
    return started;
  }

  /** It never rejects, and an error does not prevent later reloads. */
  readonly reload = (): Promise<Reload> => {
    const reload = this.#reloading.then(() => this.#tryReload());
    this.#reloading = reload;
    return reload;
  };

  /** Settles when no reload is under way, and none begins any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#reloading;
  }

  async #tryReload(): Promise<Reload> {
    try {
      return this.#isStopped ? { kind: 'failed', message: 'the exporter is shutting down' } : await this.#reload();
    } catch (error) {
      this.#parts.metrics.failed();
      this.#parts.log.error({ err: error }, 'the configuration was not read again, because of a bug in the exporter');
      return { kind: 'failed', message: 'an unexpected error: see the log of the exporter' };
    }
  }

  async #reload(): Promise<Reload> {
    const { read, change, metrics, log } = this.#parts;
    const reading = await read();
    const problem = reading.kind === 'invalid' ? reading.message : await change(reading.config);
    if (problem !== null || reading.kind === 'invalid') return this.#refuse(problem ?? '');
    metrics.loaded(Date.now());
    const nextStart = this.#reportFixed(reading.config);
    const rest = nextStart.length > 0 ? `; a restart is needed for ${nextStart.join(', ')}` : '';
    log.info({ nextStart }, `the configuration was read again${rest}`);
    return { kind: 'reloaded', nextStart };
  }

  #refuse(message: string): Reload {
    this.#parts.metrics.failed();
    this.#parts.log.error({}, `the configuration was read again but is not used: ${message}`);
    return { kind: 'failed', message };
  }

  /** Exposes and returns the options of a configuration that take effect only at the next start. */
  #reportFixed(config: Config): readonly string[] {
    const nextStart = optionsForNextStart(this.#parts.started, config);
    for (const option of FIXED_OPTIONS) this.#parts.metrics.restartNeeded(option, nextStart.includes(option));
    return nextStart;
  }
}
