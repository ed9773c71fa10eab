import { Counter } from 'prom-client';
import type { FleetView } from '../core/fleet.ts';
import { FAILURE_REASONS, type FailureReason } from '../core/server.ts';
import { type CollectedMetric, readMetric } from './collect.ts';

const NAME = 'tmux_server_poll_failures_total';

/** Failed polls by server. It is large and seldom changes, so it is rendered with the view of the fleet and not at each scrape. */
export class PollFailures {
  readonly #counter = new Counter({
    name: NAME,
    help: 'Failed polls of the server.',
    labelNames: ['server', 'reason'],
    registers: [],
  });
  readonly #servers = new Set<string>();
  #revision = 0;

  /** Changes whenever a value does. */
  get revision(): number {
    return this.#revision;
  }

  /** A poll failed. */
  failed(server: string, reason: FailureReason): void {
    this.#begin(server);
    this.#counter.inc({ server, reason });
    this.#revision++;
  }

  /** A server is not registered any more. */
  drop(server: string): void {
    if (!this.#servers.delete(server)) return;
    for (const reason of FAILURE_REASONS) this.#counter.remove(server, reason);
    this.#revision++;
  }

  /** Begins every registered server at zero, and drops what came in for one that was not registered any more. */
  follow({ records }: FleetView): void {
    const registered = new Set(records.map(({ target }) => target.name));
    for (const server of registered) this.#begin(server);
    for (const server of this.#servers) if (!registered.has(server)) this.drop(server);
  }

  /** The present values. */
  read(): Promise<CollectedMetric> {
    return readMetric(this.#counter);
  }

  #begin(server: string): void {
    if (this.#servers.has(server)) return;
    this.#servers.add(server);
    for (const reason of FAILURE_REASONS) this.#counter.inc({ server, reason }, 0);
    this.#revision++;
  }
}
