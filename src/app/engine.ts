import type { Registry } from '../core/registry.ts';
import { Scheduler } from '../poll/scheduler.ts';
import type { Environment } from './environment.ts';
import { Monitor, type MonitorConfig, type MonitorObserver } from './monitor.ts';

/** The part of the configuration by which servers are found, polled and watched. */
export interface EngineConfig extends MonitorConfig {
  readonly poll: MonitorConfig['poll'] & { readonly schedule: string };
}

/** Whom an engine tells of what it does. */
export interface EngineObserver extends MonitorObserver {
  readonly onTick: (durationMs: number, intervalMs: number) => void;
  readonly onSkip: () => void;
}

/** What an engine needs. */
export interface EngineOptions {
  readonly config: EngineConfig;
  readonly environment: Environment;
  readonly registry: Registry;
  readonly observer: EngineObserver;
}

/** All that runs by one configuration: the schedule, and the monitor it drives. A reload replaces it whole. */
export class Engine {
  readonly monitor: Monitor;
  readonly #scheduler: Scheduler;

  constructor({ config, environment, registry, observer }: EngineOptions) {
    this.monitor = new Monitor({ config, environment, registry, observer });
    this.#scheduler = new Scheduler({
      expression: config.poll.schedule,
      tick: () => this.monitor.tick(),
      onTick: (durationMs) => observer.onTick(durationMs, this.#scheduler.intervalMs()),
      onSkip: observer.onSkip,
      onError: observer.onError,
    });
  }

  /** Settles when the first tick has ended. */
  async start(): Promise<void> {
    await this.monitor.endLeftovers();
    await this.#scheduler.start();
  }

  /** Settles when nothing is in flight any more. */
  async stop(): Promise<void> {
    await this.#scheduler.stop();
    await this.monitor.close();
  }
}
