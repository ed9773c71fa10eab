import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { ended, type ProcessLife, processLife, signal } from '../machine/process-life.ts';
import type { TmuxServer } from './tmux-server.ts';

const execute = promisify(execFile);

/** Whether this process may make mount namespaces: that takes root. */
export const CAN_HIDE = process.getuid?.() === 0;

/** The first argument is the folder that only the server sees, the second its socket. */
const START = 'mount -t tmpfs none "$1" && shift && exec tmux -u -f /dev/null -S "$@"';

/** A tmux server in a mount namespace of its own, as in a container: its socket lies in a folder that nobody else sees. Each life has another namespace. */
export class HiddenServer implements PlainServer {
  readonly path: string;
  readonly #sessions: readonly string[];
  readonly #lives: ProcessLife[] = [];

  private constructor(path: string, sessions: readonly string[]) {
    this.path = path;
    this.#sessions = sessions;
  }

  /** Starts a server whose socket is called as the last part of `folder`, which is made. */
  static async start(folder: string, sessions: readonly string[]): Promise<HiddenServer> {
    await mkdir(folder, { mode: 0o700, recursive: true });
    const server = new HiddenServer(join(folder, basename(folder)), sessions);
    await server.restart();
    return server;
  }

  /** The path by which everybody else reaches the newest life. */
  get socket(): string {
    return `/proc/${this.pid}/root${this.path}`;
  }

  get pid(): number {
    return this.life.pid;
  }

  get life(): ProcessLife {
    const life = this.#lives.at(-1);
    if (!life) throw new Error(`no server was started on ${this.path}`);
    return life;
  }

  async restart(): Promise<void> {
    const [first = 'main', ...others] = this.#sessions;
    const more = others.flatMap((name) => [';', 'new-session', '-d', ...newSession(name)]);
    const command = ['new-session', '-d', '-P', '-F', '#{pid}', ...newSession(first), ...more];
    const folder = join(this.path, '..');
    const { stdout } = await execute('unshare', ['-m', 'sh', '-c', START, 'sh', folder, this.path, ...command]);
    this.#lives.push(processLife(Number(stdout)));
  }

  addSession(name: string): Promise<string> {
    return this.run('new-session', '-d', '-P', '-F', '#{session_id}', ...newSession(name));
  }

  async run(...command: readonly string[]): Promise<string> {
    const client = ['-t', String(this.pid), '-m', 'tmux', '-u', '-S', this.path, ...command];
    const { stdout } = await execute('nsenter', client);
    return stdout.replace(/\n$/, '');
  }

  /** A folder that nobody else sees is cleaned by nobody. */
  removeSocket(): Promise<void> {
    return Promise.reject(new Error(`the socket of ${this.path} is out of reach`));
  }

  kill(name: NodeJS.Signals): void {
    signal(this.life, name);
  }

  ended(): Promise<void> {
    return ended(this.life);
  }

  async cleanup(): Promise<void> {
    for (const life of this.#lives) {
      signal(life, 'SIGKILL');
      await ended(life);
    }
  }
}

/** What can be done with a server wherever it lives. */
export type PlainServer = Pick<
  TmuxServer,
  'socket' | 'pid' | 'life' | 'restart' | 'addSession' | 'run' | 'removeSocket' | 'kill' | 'ended' | 'cleanup'
>;

function newSession(name: string): string[] {
  return ['-x', '80', '-y', '24', '-s', name, 'exec cat'];
}
