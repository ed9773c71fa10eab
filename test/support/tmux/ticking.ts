import type { Environment } from '../../../src/app/environment.ts';
import { Monitor } from '../../../src/app/monitor.ts';
import { Registry } from '../../../src/core/registry/registry.ts';
import { environmentIn } from '../daemon/environment.ts';
import { MemoryJournal } from '../daemon/memory-journal.ts';
import { unsetClock } from '../sample/fake-clock.ts';

/** What differs from a daemon that finds servers by their sockets only. */
export interface TickingOptions {
  readonly discoverProcesses?: boolean;
  /** With `tmuxTmpdir`, the sockets are where tmux itself would put them. */
  readonly environment?: Partial<Environment>;
  readonly onSearchFailed?: (searched: string, error: unknown) => void;
}

/** Polls the servers of a folder in this process, as a daemon without watches does. */
export class Ticking {
  readonly registry = new Registry({
    journal: new MemoryJournal(),
    onEvent: () => {},
    clock: unsetClock(Date.now),
    limits: () => ({ maxServers: 1_000, lingerMs: 0 }),
  });
  readonly #monitor: Monitor;

  constructor(
    socketDirectory: string,
    { discoverProcesses = false, environment = {}, onSearchFailed = rethrow }: TickingOptions = {},
  ) {
    this.#monitor = new Monitor({
      config: {
        tmux: {
          client: 'protocol',
          binary: 'tmux',
          discover: true,
          discoverProcesses,
          discoverAllUsers: false,
          socketDirectory: environment.tmuxTmpdir === undefined ? socketDirectory : null,
          serverInclude: [],
          serverExclude: [],
        },
        collector: { window: false, pane: false, client: false, process: false, paneProcess: false },
        heal: { socket: false },
        watch: { enabled: false, sessions: false },
        poll: { timeoutMs: 30_000, concurrency: 8 },
      },
      environment: { ...environmentIn(socketDirectory), ...environment },
      registry: this.registry,
      watches: null,
      observer: {
        onPoll: () => {},
        onCommand: () => {},
        onRefusedSocket: () => {},
        onSearchFailed,
        onHealed: () => {},
        onCollected: () => {},
        onError: (error) => {
          throw error;
        },
      },
    });
  }

  /** Ticks until all that is done once for a server, and not at every tick, is done. */
  async warmUp(): Promise<void> {
    await this.tick();
    await this.#monitor.scanForHazards();
  }

  /** One tick: to its end, whoever hangs. */
  tick(): Promise<void> {
    return this.#monitor.tick('all');
  }

  /** Settles when nothing is in flight any more. */
  close(): Promise<void> {
    return this.#monitor.close();
  }
}

function rethrow(_: string, error: unknown): void {
  throw error;
}
