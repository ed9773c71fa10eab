import type { Registry } from '../core/registry/registry.ts';
import type { Pace } from '../poll/pace.ts';
import { Scheduler } from '../poll/scheduler.ts';
import { ScrapePace } from '../poll/scrape-pace.ts';
import type { FleetWatches } from '../tmux/watch/watches.ts';
import type { Environment } from './environment.ts';
import { Monitor, type MonitorConfig, type MonitorObserver } from './monitor.ts';

/** The part of the configuration for finding, polling and watching servers. */
export interface EngineConfig extends MonitorConfig {
  readonly poll: MonitorConfig['poll'] & {
    /** A cron expression, or `scrape` to poll at each scrape. */
    readonly schedule: string;
    /** How much of a scraper's timeout is reserved for the answer. */
    readonly scrapeTimeoutOffsetMs: number;
  };
}

/** Callbacks of an engine. */
export interface EngineObserver extends MonitorObserver {
  /** A tick ended. The interval is null if scrapes poll. */
  readonly onTick: (durationMs: number, intervalMs: number | null) => void;
  readonly onSkip: () => void;
}

/** The dependencies of an engine. */
export interface EngineOptions {
  readonly config: EngineConfig;
  readonly environment: Environment;
  readonly registry: Registry;
  readonly observer: EngineObserver;
  /** The death watches, which outlive the engine; null if deaths are found by polling alone. */
  readonly watches: FleetWatches | null;
}

/** Runs one configuration: the schedule of polls, and the monitor it drives. A reload replaces the engine. */
export class Engine {
  readonly monitor: Monitor;
  readonly #poll: EngineConfig['poll'];
  readonly #pace: Pace;
  #stopped = false;

  constructor({ config, environment, registry, observer, watches }: EngineOptions) {
    this.monitor = new Monitor({ config, environment, registry, observer, watches });
    this.#poll = config.poll;
    this.#pace = this.#createPace(observer);
  }

  /** Settles when the first tick has ended: with whether it polled every server, so with false if the engine was stopped meanwhile. */
  async start(): Promise<boolean> {
    // An engine that was stopped before it started would poll for ever beside its successor.
    if (!this.#stopped) await this.#pace.start();
    return !this.#stopped;
  }

  /** Call it before answering a scrape. If scrapes poll, it settles when all servers have been polled, or shortly before the scraper's timeout. */
  freshen(scraperTimeoutMs: number | null): Promise<void> {
    const { timeoutMs, scrapeTimeoutOffsetMs } = this.#poll;
    const withinMs = scraperTimeoutMs === null ? timeoutMs : Math.max(0, scraperTimeoutMs - scrapeTimeoutOffsetMs);
    return this.#pace.freshen(withinMs);
  }

  /** Settles when nothing is in flight any more: within a second, also if servers do not answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const stopped = this.#pace.stop();
    await this.monitor.close();
    await stopped;
  }

  #createPace(observer: EngineObserver): Pace {
    const { onSkip, onError } = observer;
    const onTick = (durationMs: number) => observer.onTick(durationMs, this.#pace.intervalMs());
    const { schedule } = this.#poll;
    if (schedule !== 'scrape') {
      return new Scheduler({ expression: schedule, tick: () => this.monitor.tick('prompt'), onTick, onSkip, onError });
    }
    const upkeep = () => this.monitor.keepUp();
    return new ScrapePace({ tick: () => this.monitor.tick('all'), upkeep, onTick, onError });
  }
}
