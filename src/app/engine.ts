import type { Registry } from '../core/registry/registry.ts';
import type { Pace } from '../poll/pace.ts';
import { Scheduler } from '../poll/scheduler.ts';
import { ScrapePace } from '../poll/scrape-pace.ts';
import type { FleetWatches } from '../tmux/watch/watches.ts';
import type { Environment } from './environment.ts';
import { Monitor, type MonitorConfig, type MonitorObserver } from './monitor.ts';

/** The part of the configuration by which servers are found, polled and watched. */
export interface EngineConfig extends MonitorConfig {
  readonly poll: MonitorConfig['poll'] & {
    /** A cron expression, or `scrape`: then a scrape polls. */
    readonly schedule: string;
    /** How much of a scraper's timeout is kept for the answer. */
    readonly scrapeTimeoutOffsetMs: number;
  };
}

/** Whom an engine tells of what it does. */
export interface EngineObserver extends MonitorObserver {
  /** A tick ended; there is no interval where scrapes poll. */
  readonly onTick: (durationMs: number, intervalMs: number | null) => void;
  readonly onSkip: () => void;
}

/** What an engine needs. */
export interface EngineOptions {
  readonly config: EngineConfig;
  readonly environment: Environment;
  readonly registry: Registry;
  readonly observer: EngineObserver;
  /** The death watches, which outlive the engine; null if deaths are found by polling alone. */
  readonly watches: FleetWatches | null;
}

/** All that runs by one configuration: the pace of polls, and the monitor it drives. A reload replaces it whole. */
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

  /** Settles when the first tick has ended. */
  async start(): Promise<void> {
    // One that was stopped meanwhile would poll for ever beside its successor.
    if (!this.#stopped) await this.#pace.start();
  }

  /** Called before a scrape is answered: where scrapes poll, it settles when all servers have been polled, or when the scraper's timeout draws near. */
  freshen(scraperTimeoutMs: number | null): Promise<void> {
    const { timeoutMs, scrapeTimeoutOffsetMs } = this.#poll;
    const withinMs = scraperTimeoutMs === null ? timeoutMs : Math.max(0, scraperTimeoutMs - scrapeTimeoutOffsetMs);
    return this.#pace.freshen(withinMs);
  }

  /** Settles when nothing is in flight any more. */
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
