import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type ProgramExit, type ProgramRun, runProgram } from './run-program.ts';

/** To the host: one client to run. */
export interface HostedRun {
  readonly id: number;
  readonly run: ProgramRun;
}

/** From the host: how it ended. */
export interface HostedExit {
  readonly id: number;
  readonly exit: ProgramExit;
}

/** It has next to no heap: its memory is what makes it worth while. */
const NODE_FLAGS = ['--max-semi-space-size=1', '--disable-warning=ExperimentalWarning'];
const PROGRAM = fileURLToPath(import.meta.url).replace(/client-host(\.[jt]s)$/, 'client-host-process$1');

/** A host that ended by itself is begun again no sooner. */
const PAUSE_MS = 10_000;

/** A host that has not told how a client ended so long after it had to does not tell at all, as one that somebody has stopped. */
const OVERDUE_MS = 2_000;

interface Waiting {
  readonly run: ProgramRun;
  readonly resolve: (exit: ProgramExit) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Runs clients from a small process of its own. To fork copies the page tables of whoever forks, which takes a daemon some ten
 * milliseconds for each client, with its event loop held; the host does it in a quarter of that, beside us. Where it is not to
 * be had, clients run as without it.
 */
export class ClientHost {
  readonly #waiting = new Map<number, Waiting>();
  readonly #environment: Readonly<Record<string, string>>;
  #process: ChildProcess | null = null;
  #begunAt = Number.NEGATIVE_INFINITY;
  #lastId = 0;

  /** The environment is that of the host itself: each run brings its own. */
  constructor(environment: Readonly<Record<string, string>>) {
    this.#environment = environment;
  }

  /** Runs a client there. It never rejects. */
  run(run: ProgramRun): Promise<ProgramExit> {
    const host = this.#process ?? this.#begin();
    if (!host?.connected) return runProgram(run);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => host.kill('SIGKILL'), run.timeoutMs + OVERDUE_MS);
      this.#waiting.set(id, { run, resolve, timer });
      host.send({ id, run } satisfies HostedRun, (error) => {
        if (error) this.#runHere(id);
      });
    });
  }

  /** Ends the host, once what it has in hand has ended. */
  async close(): Promise<void> {
    const host = this.#process;
    this.#process = null;
    if (!host?.connected) return;
    const ended = once(host, 'exit');
    const timer = setTimeout(() => host.kill('SIGKILL'), OVERDUE_MS);
    host.disconnect();
    await ended;
    clearTimeout(timer);
  }

  #begin(): ChildProcess | null {
    const now = performance.now();
    if (now - this.#begunAt < PAUSE_MS) return null;
    this.#begunAt = now;
    const host = tryToFork(this.#environment);
    if (!host) return null;
    host.on('message', ({ id, exit }: HostedExit) => this.#take(id)?.resolve(exit));
    for (const end of ['error', 'disconnect'] as const) host.on(end, () => this.#lost(host));
    this.#process = host;
    return host;
  }

  /** It could not be started, or somebody killed it. */
  #lost(host: ChildProcess): void {
    if (this.#process === host) this.#process = null;
    for (const id of [...this.#waiting.keys()]) this.#runHere(id);
  }

  /** Clients only read: what may have begun there can begin once more here. */
  #runHere(id: number): void {
    const waiting = this.#take(id);
    if (waiting) void runProgram(waiting.run).then(waiting.resolve);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}

/** Null where it cannot even be tried, as without memory. */
function tryToFork(environment: Readonly<Record<string, string>>): ChildProcess | null {
  const cache = getCompileCacheDir();
  try {
    return fork(PROGRAM, [], {
      execArgv: NODE_FLAGS,
      env: { ...environment, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) },
      cwd: '/',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
  } catch {
    return null;
  }
}
