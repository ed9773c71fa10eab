import type { Config } from '../../config/schema.ts';
import type { ServerRecord } from '../../core/record/record.ts';
import { MemoryLog } from '../../core/registry/memory-log.ts';
import { Registry } from '../../core/registry/registry.ts';
import type { Collection } from '../../proc/process/process-accounting.ts';
import type { Log } from '../announcer.ts';
import { Engine } from '../engine.ts';
import type { Environment } from '../environment.ts';
import { searchFailedText } from '../finder.ts';
import { configuredTargets, registerConfigured } from '../server-directory.ts';
import { systemClock } from '../system-clock.ts';
import { createTelemetry } from '../telemetry.ts';

/** The input of {@link pollOnce}. */
export interface SinglePollOptions {
  readonly config: Config;
  readonly environment: Environment;
  readonly log: Log;
}

/** The results of one poll of every server. */
export interface SinglePoll {
  readonly records: readonly ServerRecord[];
  /** Sockets of the servers that needed a tmux client. */
  readonly askedByBinary: ReadonlySet<string>;
  /** Why configured servers were not registered: one sentence each. */
  readonly refusals: readonly string[];
  /** The results of the enabled collectors. */
  readonly collections: readonly Collection[];
  /** The metrics in the text format. */
  readonly exposition: () => Promise<string>;
}

/** Runs one tick as the daemon does, and one scan for hazards. It stores nothing and starts no watch. */
export async function pollOnce({ config, environment, log }: SinglePollOptions): Promise<SinglePoll> {
  const journal = new MemoryLog('once', { host: environment.hostname, bootId: environment.bootId });
  const limits = () => ({ maxServers: config.limits.servers, lingerMs: config.reap.lingerMs });
  const registry = new Registry({ journal, onEvent: () => {}, clock: systemClock, limits });
  const collections: Collection[] = [];
  const askedByBinary = new Set<string>();
  const { self, exposition } = createTelemetry(environment, log, {
    view: () => registry.view(),
    exposure: () => config,
    heldWatches: () => 0,
    droppedLogLines: () => 0,
    ownProcess: false,
  });
  const { monitor } = new Engine({
    config: { ...config, watch: { enabled: false, sessions: false }, heal: { socket: false } },
    environment,
    registry,
    watches: null,
    observer: {
      onPoll: (name, failure) => {
        if (failure) self.pollFailures.failed(name, failure.reason);
      },
      onCommand: (command, failed) => self.tmux.ran(command, failed),
      onBinary: (socket) => askedByBinary.add(socket),
      onRefusedSocket: (socket, message) => log.error({ socket }, `not registered: ${message}`),
      onSearchFailed: (searched, error) => log.error({ err: error }, searchFailedText(searched)),
      onHealed: () => {},
      onCollected: (collection) => {
        self.collectors.ended(collection);
        collections.push(collection);
      },
      onTick: () => {},
      onSkip: () => {},
      onError: (error) => log.error({ err: error }, 'a poll failed because of a bug in the exporter'),
    },
  });
  const targets = configuredTargets(config.servers, monitor.ownDirectory);
  registerConfigured(registry, targets);
  await monitor.tick('all');
  // Only the answers show whether two sockets lead to the same server.
  const refusals = [...registerConfigured(registry, targets)].map(
    ([name, message]) => `${name} is not registered: ${message}`,
  );
  await monitor.scanForHazards();
  await monitor.close();
  return {
    records: registry.list(),
    askedByBinary,
    refusals,
    collections,
    exposition: async () => {
      const { chunks } = await exposition.scrape({ accept: undefined, acceptEncoding: undefined });
      return Buffer.concat(chunks).toString();
    },
  };
}
