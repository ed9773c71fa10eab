import type { FleetView } from '../core/record/view.ts';
import { DROP_REASONS } from '../feed/feed-observer.ts';
import { GAP_REASONS } from '../feed/message.ts';
import { createExposition, type Exposition } from '../metrics/exposition.ts';
import type { Exposure } from '../metrics/families/exposure.ts';
import { createSelfMetrics, type SelfMetrics } from '../metrics/self/self-metrics.ts';
import { TMUX_COMMANDS } from '../tmux/query/query.ts';
import type { Log } from './announcer.ts';
import type { Environment } from './environment.ts';

/** What is measured, and how it is read. */
export interface Telemetry {
  readonly self: SelfMetrics;
  readonly exposition: Exposition;
}

/** Where the metrics are read from. */
export interface Measured {
  readonly view: () => FleetView;
  /** What of it is shown. */
  readonly exposure: () => Exposure;
  /** The death watches that have reached their servers. */
  readonly heldWatches: () => number;
  /** Log lines that could not be written. */
  readonly droppedLogLines: () => number;
  /** Whether our own process is shown: not by a command that ends at once, whose `process_*` would clash with those of node_exporter. */
  readonly ownProcess: boolean;
}

/** Creates the metrics of a fleet and of the daemon that looks after it. */
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
    feedReasons: { drops: DROP_REASONS, gaps: GAP_REASONS },
  });
  const onError = (error: Error) => log.error({ err: error }, 'a metric was left out of a scrape by a fault of ours');
  return { self, exposition: createExposition({ view, self, exposure, ownProcess, onError }) };
}
