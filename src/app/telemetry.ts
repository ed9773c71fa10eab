import type { FleetView } from '../core/record/view.ts';
import { DROP_REASONS } from '../feed/feed-observer.ts';
import { GAP_REASONS } from '../feed/stream-message.ts';
import { createExposition, type Exposition } from '../metrics/exposition.ts';
import type { Exposure } from '../metrics/families/exposure.ts';
import {
  createHubSelfMetrics,
  createSelfMetrics,
  type HubSelfMetrics,
  type SelfMetrics,
} from '../metrics/self/self-metrics.ts';
import { TMUX_COMMANDS } from '../tmux/query/query.ts';
import type { Log } from './announcer.ts';
import type { Environment } from './environment.ts';

/** The metrics of the exporter itself, and the exposition of all metrics. */
export interface Telemetry {
  readonly self: SelfMetrics;
  readonly exposition: Exposition;
}

/** The sources of the metrics. */
export interface Measured {
  readonly view: () => FleetView;
  /** Which metrics are exposed. */
  readonly exposure: () => Exposure;
  /** The death watches that have reached their servers. */
  readonly heldWatches: () => number;
  /** Log lines that could not be written. */
  readonly droppedLogLines: () => number;
  /** Whether `process_*` is exposed: not by a command that ends at once, because it would clash with that of node_exporter. */
  readonly ownProcess: boolean;
}

/** Creates the metrics of the servers and of the daemon. */
export function createTelemetry(
  { version, nodeVersion }: Environment,
  log: Log,
  { view, exposure, heldWatches, droppedLogLines, ownProcess }: Measured,
): Telemetry {
  const self = createSelfMetrics({
    build: { version, nodeVersion },
    registeredServers: () => view().records.length,
    heldWatches,
    droppedLogLines,
    tmuxCommands: TMUX_COMMANDS,
    feedReasons: FEED_REASONS,
  });
  return { self, exposition: createExposition({ view, self, exposure, ownProcess, onError: onErrorOf(log) }) };
}

const FEED_REASONS = { drops: DROP_REASONS, gaps: GAP_REASONS };

/** The metrics of a hub, and their exposition. */
export interface HubTelemetry {
  readonly self: HubSelfMetrics;
  readonly exposition: Exposition;
}

const NO_SERVERS: FleetView = { records: [], tombstones: [] };

/** Creates the metrics of a hub, which has no tmux servers of its own. */
export function createHubTelemetry(
  { version, nodeVersion }: Environment,
  log: Log,
  { exposure, droppedLogLines }: Pick<Measured, 'exposure' | 'droppedLogLines'>,
): HubTelemetry {
  const self = createHubSelfMetrics({ build: { version, nodeVersion }, droppedLogLines, feedReasons: FEED_REASONS });
  return { self, exposition: createExposition({ view: () => NO_SERVERS, self, exposure, onError: onErrorOf(log) }) };
}

function onErrorOf(log: Log): (error: Error) => void {
  return (error) => log.error({ err: error }, 'a metric was left out of a scrape because of a bug in the exporter');
}
