import type { TmuxEvent } from '../core/event/event.ts';
import type { Failure } from '../core/model/observation.ts';
import type { ServerRecord } from '../core/record/record.ts';
import { countText, listText } from '../core/text.ts';
import type { Collection } from '../proc/process/process-accounting.ts';

/** The part of a logger that the daemon needs; a pino logger is one. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const MOST_SHOWN = 5;

/** Writes the log for people: one line per event, and none for a poll that found nothing new. */
export class Announcer {
  readonly #log: Log;
  /** The failure that was last logged, by server. */
  readonly #logged = new Map<string, Failure>();
  #spawnProblem: string | null = null;
  /** The problem of each collector that was last logged. */
  readonly #collectorProblems = new Map<string, string | null>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Logs what the first tick found in one line, with the sessions of up to five servers. `reason` says why servers are not discovered; null if they are. */
  found(records: readonly ServerRecord[], directory: string, reason: string | null): void {
    const living = records.flatMap(({ target, snapshot }) => (snapshot ? [{ name: target.name, snapshot }] : []));
    const shown = living.slice(0, MOST_SHOWN).map(({ name, snapshot }) => {
      return `${name} (${countText(snapshot.sessions.length, 'session')})`;
    });
    const found =
      living.length === 0
        ? `no tmux server${reason === null ? ` yet in ${directory}` : `: ${reason}`}`
        : `${countText(living.length, 'tmux server')}: ${listText(shown, living.length)}`;
    this.#log.info({ servers: living.length }, `found ${found}`);
  }

  /** Logs an event. While the daemon starts, {@link Announcer.found} logs the servers that are up. */
  event(event: TmuxEvent, isStarting = false): void {
    const server = event.server?.name;
    if (server && (event.type === 'server-gone' || event.type === 'server-unregistered')) this.#logged.delete(server);
    const fields = { id: event.id, type: event.type, server };
    const isFound = isStarting && event.type === 'server-up' && event.incident === null;
    this.#log[isFound ? 'debug' : levelOf(event)](fields, event.title);
  }

  /** Logs a failed poll if its reason is new and no event has reported the new state. */
  poll({ target, state, failure }: ServerRecord): void {
    const { name } = target;
    if (failure === null) {
      this.#spawnProblem = null;
      this.#logged.delete(name);
    } else if (failure.reason === 'spawn') {
      this.#spawn(failure.message);
    } else if (this.#logged.get(name)?.reason !== failure.reason) {
      this.#logged.set(name, failure);
      if (state === 'up' || state === 'pending') this.#failed(name, failure);
    }
  }

  /** Logs the problem of a collector when it begins and when it ends. */
  collection({ collector, problem }: Collection): void {
    const known = this.#collectorProblems.get(collector) ?? null;
    if (problem === known) return;
    this.#collectorProblems.set(collector, problem);
    if (problem === null) this.#log.info({ collector }, `the ${collector} collector is on again`);
    else this.#log.warn({ collector }, `the ${collector} collector is ${problem}`);
  }

  #failed(server: string, { reason, message }: Failure): void {
    this.#log.warn({ server, reason }, `poll of ${server} failed: ${message}`);
  }

  /** A client that cannot be started is a problem of no single server, so it is logged once for all. */
  #spawn(message: string): void {
    if (this.#spawnProblem === message) return;
    this.#spawnProblem = message;
    this.#log.error({ reason: 'spawn' }, message);
  }
}

function levelOf({ type, severity }: TmuxEvent): keyof Log {
  if (type === 'server-registered' || type.startsWith('session')) return 'debug';
  if (severity === 'critical') return 'error';
  return severity === 'warning' ? 'warn' : 'info';
}
