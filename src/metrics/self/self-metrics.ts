import { Registry } from 'prom-client';
import type { TmuxEvent } from '../../core/event/event.ts';
import { PollFailures } from '../families/poll-failures.ts';
import { type Build, registerBuildInfo } from './build-info.ts';
import { type BusMetrics, registerBusMetrics } from './bus-metrics.ts';
import { type CollectorMetrics, registerCollectorMetrics } from './collector-metrics.ts';
import { type ConfigMetrics, registerConfigMetrics } from './config-metrics.ts';
import { registerEventLoopMetrics } from './event-loop-metrics.ts';
import { type FeedMetrics, type FeedReasons, registerFeedMetrics } from './feed-metrics.ts';
import { type HubMetrics, registerHubMetrics } from './hub-metrics.ts';
import { registerLogMetrics } from './log-metrics.ts';
import { type PollMetrics, registerPollMetrics } from './poll-metrics.ts';
import { registerProcessMetrics } from './process-metrics.ts';
import { registerFleetMetrics } from './registry-metrics.ts';
import { registerStoreMetrics, type StoreMetrics } from './store-metrics.ts';
import { registerTmuxMetrics, type TmuxMetrics } from './tmux-metrics.ts';
import { registerWatchMetrics, type WatchMetrics } from './watch-metrics.ts';
import { registerWebConfigMetrics, type WebConfigMetrics } from './web-config-metrics.ts';
import { registerWebMetrics, type WebMetrics } from './web-metrics.ts';
import { registerWebhookMetrics, type WebhookMetrics } from './webhook-metrics.ts';

/** Sources and label values for the metrics about the exporter itself. */
export interface SelfMetricsOptions {
  readonly build: Build;
  readonly registeredServers: () => number;
  /** Number of death watches that have reached their servers. */
  readonly heldWatches: () => number;
  /** Number of log lines that could not be written. */
  readonly droppedLogLines: () => number;
  /** All tmux commands that are run. */
  readonly tmuxCommands: readonly string[];
  readonly feedReasons: FeedReasons;
}

/** Sources and label values for the metrics about a hub itself. */
export type HubSelfMetricsOptions = Pick<SelfMetricsOptions, 'build' | 'droppedLogLines' | 'feedReasons'>;

/** The metrics about a hub itself: those of an exporter that have a meaning without tmux. */
export type HubSelfMetrics = Pick<
  SelfMetrics,
  'registry' | 'processRegistry' | 'pollFailures' | 'config' | 'webConfig' | 'web' | 'feed' | 'hub'
>;

/** The metrics about the exporter itself. Other rooms report to them, and never read them. */
export interface SelfMetrics {
  readonly registry: Registry;
  /** Metrics of our process from the system and Node. They are more expensive to read than all others. */
  readonly processRegistry: Registry;
  readonly pollFailures: PollFailures;
  readonly polls: PollMetrics;
  readonly tmux: TmuxMetrics;
  readonly collectors: CollectorMetrics;
  readonly config: ConfigMetrics;
  readonly webConfig: WebConfigMetrics;
  readonly web: WebMetrics;
  readonly feed: FeedMetrics;
  readonly watches: WatchMetrics;
  readonly store: StoreMetrics;
  readonly webhooks: WebhookMetrics;
  readonly bus: BusMetrics;
  readonly hub: HubMetrics;
  /** Counts an event. */
  observe(event: TmuxEvent): void;
}

/** Creates the metrics about the daemon itself. */
export function createSelfMetrics(options: SelfMetricsOptions): SelfMetrics {
  const registry = new Registry();
  const processRegistry = new Registry();
  registerBuildInfo(registry, options.build);
  const fleet = registerFleetMetrics(registry, options.registeredServers);
  const pollFailures = new PollFailures();
  registerLogMetrics(registry, options.droppedLogLines);
  const metrics = {
    registry,
    processRegistry,
    pollFailures,
    polls: registerPollMetrics(registry),
    tmux: registerTmuxMetrics(registry, options.tmuxCommands),
    collectors: registerCollectorMetrics(registry),
    config: registerConfigMetrics(registry),
    webConfig: registerWebConfigMetrics(registry),
    web: registerWebMetrics(registry),
    feed: registerFeedMetrics(registry, options.feedReasons),
    watches: registerWatchMetrics(registry, options.heldWatches),
    store: registerStoreMetrics(registry),
    webhooks: registerWebhookMetrics(registry),
    bus: registerBusMetrics(registry),
    hub: registerHubMetrics(registry),
  };
  registerProcessMetrics(processRegistry);
  registerEventLoopMetrics(processRegistry);
  return {
    ...metrics,
    observe: (event) => {
      if (event.type === 'server-gone') fleet.reaped(event.reason, event.detection_ms);
      const departed = departedServer(event);
      if (departed !== null) pollFailures.drop(departed);
    },
  };
}

/** Creates the metrics about a hub that is nothing else. */
export function createHubSelfMetrics(options: HubSelfMetricsOptions): HubSelfMetrics {
  const registry = new Registry();
  const processRegistry = new Registry();
  registerBuildInfo(registry, options.build);
  registerLogMetrics(registry, options.droppedLogLines);
  registerProcessMetrics(processRegistry);
  registerEventLoopMetrics(processRegistry);
  return {
    registry,
    processRegistry,
    pollFailures: new PollFailures(),
    config: registerConfigMetrics(registry),
    webConfig: registerWebConfigMetrics(registry),
    web: registerWebMetrics(registry),
    feed: registerFeedMetrics(registry, options.feedReasons),
    hub: registerHubMetrics(registry),
  };
}

/** The server that is no longer registered after an event; null if there is none. A configured server stays registered when it dies. */
function departedServer({ type, server }: TmuxEvent): string | null {
  if (!server) return null;
  const hasLeft = type === 'server-unregistered' || (type === 'server-gone' && server.registration !== 'static');
  return hasLeft ? server.name : null;
}
