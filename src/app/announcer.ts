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

/** Writes what a person would want to know into the log: one line per event, and none for what is as it was at the last poll. */
export class Announcer {
  readonly #log: Log;
  /** The failure that was last told, by server. */
  readonly #logged = new Map<string, Failure>();
  #spawnProblem: string | null = null;
  /** What was in the way of a collector when that was last told. */
  readonly #collectorProblems = new Map<string, string | null>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Logs what the first look found: a line for up to five servers with what is in them, and one that is no longer for more. */
  found(records: readonly ServerRecord[], directory: string): void {
    const living = records.flatMap(({ target, snapshot }) => (snapshot ? [{ name: target.name, snapshot }] : []));
    const shown = living.slice(0, MOST_SHOWN).map(({ name, snapshot }) => {
      return `${name} (${countText(snapshot.sessions.length, 'session')})`;
    });
    const found =
      living.length === 0
        ? `no tmux server yet in ${directory}`
        : `${countText(living.length, 'tmux server')}: ${listText(shown, living.length)}`;
    this.#log.info({ servers: living.length }, `found ${found}`);
  }

  /** Logs an event. While the daemon starts, the servers that are up are left to {@link Announcer.found}. */
  event(event: TmuxEvent, isStarting = false): void {
    const server = event.server?.name;
    if (server && (event.type === 'server-gone' || event.type === 'server-unregistered')) this.#logged.delete(server);
    const fields = { id: event.id, type: event.type, server };
    const isFound = isStarting && event.type === 'server-up' && event.incident === null;
    this.#log[isFound ? 'debug' : levelOf(event)](fields, event.title);
  }

  /** Tells of a failed poll if it fails in another way than the last one, and if no event has told of what it means. */
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

  /** Tells what is in the way of a collector, and when it is no longer. */
  collection({ collector, problem }: Collection): void {
    const told = this.#collectorProblems.get(collector) ?? null;
    if (problem === told) return;
    this.#collectorProblems.set(collector, problem);
    if (problem === null) this.#log.info({ collector }, `the ${collector} collector is on again`);
    else this.#log.warn({ collector }, `the ${collector} collector is ${problem}`);
  }

  #failed(server: string, { reason, message }: Failure): void {
    this.#log.warn({ server, reason }, `poll of ${server} failed: ${message}`);
  }

  /** A client that cannot be started is no server's fault: it is told once for all of them. */
  #spawn(message: string): void {
    if (this.#spawnProblem === message) return;
    this.#spawnProblem = message;
    this.#log.error({ reason: 'spawn' }, message);
  }
}

function levelOf({ type, severity }: TmuxEvent): keyof Log {
  if (type === 'server-registered' || type.startsWith('session-')) return 'debug';
  if (severity === 'critical') return 'error';
  return severity === 'warning' ? 'warn' : 'info';
}
