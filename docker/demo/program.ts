import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Home } from './home.ts';
import { end, lifeOf } from './life.ts';

/** A program to run beside the servers. */
export interface ProgramOptions {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly home: Home;
  /** Writes to our own output instead of a log in the folder of the demo. */
  readonly isShown?: boolean;
}

/** A program that runs until it is stopped. It gets no signals from the terminal: those are for the demo alone. */
export class Program {
  readonly #child: ChildProcess;
  readonly #log: string;
  readonly #name: string;

  private constructor(child: ChildProcess, { name, home }: ProgramOptions) {
    this.#child = child;
    this.#name = name;
    this.#log = home.path(`${name}.log`);
  }

  /** Starts a program. */
  static start(options: ProgramOptions): Program {
    const { name, file, args, home, isShown = false } = options;
    const log = openSync(home.path(`${name}.log`), 'a', 0o600);
    const child = spawn(file, args, {
      detached: true,
      cwd: home.folder,
      stdio: ['ignore', isShown ? 'inherit' : log, log],
      env: {
        ...process.env,
        TMUX: undefined,
        ...home.environment,
        XDG_CACHE_HOME: home.path('cache'),
        NODE_COMPILE_CACHE: home.path('cache'),
      },
    });
    closeSync(log);
    child.on('error', () => {});
    if (child.pid !== undefined) home.note(lifeOf(child.pid));
    return new Program(child, options);
  }

  /** Resolves when it answers at a URL. Rejects with the end of its log if it ends before. */
  async answers(url: string): Promise<void> {
    while (!(await isAnswered(url))) {
      if (this.#hasEnded()) throw new Error(this.#lastWords());
      await delay(50);
    }
  }

  /** Rejects when it ends. */
  async ends(): Promise<never> {
    if (!this.#hasEnded()) await once(this.#child, 'exit');
    throw new Error(this.#lastWords());
  }

  /** Ends it within `graceMs`. */
  async stop(graceMs = 5_000): Promise<void> {
    const { pid } = this.#child;
    if (pid !== undefined && !this.#hasEnded()) await end(lifeOf(pid), graceMs);
  }

  #hasEnded(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #lastWords(): string {
    const log = readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-5).join('\n');
    return `${this.#name} has ended\n${log}`;
  }
}

async function isAnswered(url: string): Promise<boolean> {
  return fetch(url).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );
}

/** Finds the first installed one of some programs; null if none is. */
export function findProgram(...names: readonly string[]): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Finds a port on loopback: the expected one, or a free one if that is taken. */
export async function portNear(expected: number): Promise<number> {
  return (await freePort(expected)) ?? (await freePort(0)) ?? expected;
}

async function freePort(port: number): Promise<number | null> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address ? address.port : null;
  } catch {
    return null;
  } finally {
    server.close();
  }
}
