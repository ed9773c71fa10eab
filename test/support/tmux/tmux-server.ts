import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { eventually } from '../machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';
import { childrenOf, ended, isCopyOf, type ProcessLife, processLife, signal } from '../machine/process-life.ts';

const execute = promisify(execFile);

/** How a test server is started. */
export interface TmuxServerOptions {
  /** Folder for the socket, which stays when the server is cleaned up; a private one of its own by default. */
  readonly folder?: string;
  /** Name of the socket in that folder. */
  readonly name?: string;
  /** Names of its first sessions. */
  readonly sessions?: readonly string[];
  /** The shell command of each pane. */
  readonly command?: string;
  /** Name or path of the tmux binary. */
  readonly binary?: string;
}

/** A real tmux server on a private socket, which only ever ends the processes that it started. */
export class TmuxServer {
  /** Path of the socket. */
  readonly socket: string;
  readonly #options: TmuxServerOptions;
  /** Every life that was begun here, newest last. */
  readonly #lives: ProcessLife[] = [];
  readonly #clients: ChildProcess[] = [];
  readonly #ownFolder: string | null;

  private constructor(folder: string, options: TmuxServerOptions) {
    this.socket = join(folder, options.name ?? 'x');
    this.#options = options;
    this.#ownFolder = options.folder === undefined ? folder : null;
  }

  /** Starts a server with one session `main`, or with the sessions that are asked for. */
  static async start(options: TmuxServerOptions = {}): Promise<TmuxServer> {
    const server = new TmuxServer(options.folder ?? (await makePrivateFolder()), options);
    try {
      await server.restart();
      return server;
    } catch (error) {
      await server.cleanup();
      throw error;
    }
  }

  /** Pid of the newest life. */
  get pid(): number {
    return this.life.pid;
  }

  /** The process of the newest life. */
  get life(): ProcessLife {
    const life = this.#lives.at(-1);
    if (!life) throw new Error(`no server was started on ${this.socket}`);
    return life;
  }

  /** Begins a new life at the same path, once the one before has ended or lost its socket. All its sessions are there at once, for whoever looks. */
  async restart(): Promise<void> {
    const [first = 'main', ...others] = this.#options.sessions ?? ['main'];
    const more = others.flatMap((name) => [';', 'new-session', '-d', ...this.#newSession(name)]);
    const begin = () => this.run('new-session', '-d', '-P', '-F', '#{pid}', ...this.#newSession(first), ...more);
    // A client that meets the server before in its last moment ends in order, and has begun nothing.
    for (let tries = 0; tries < 5; tries++) {
      const pid = Number(await begin());
      if (pid > 0) {
        this.#lives.push(processLife(pid));
        // A child that is a copy of the server yet holds its socket open.
        await eventually('every pane runs its program', () => !childrenOf(pid).some(isCopyOf(pid)));
        return;
      }
    }
    throw new Error(`no server could be started on ${this.socket}`);
  }

  /** Adds a session and gives its id. */
  addSession(name: string): Promise<string> {
    return this.run('new-session', '-d', '-P', '-F', '#{session_id}', ...this.#newSession(name));
  }

  /** Runs a tmux client against this server and gives its stdout without the last newline. It rejects with what tmux said. */
  async run(...command: readonly string[]): Promise<string> {
    const { binary = 'tmux' } = this.#options;
    const { stdout } = await execute(binary, ['-u', '-S', this.socket, '-f', '/dev/null', ...command], {
      env: environment(),
    });
    return stdout.replace(/\n$/, '');
  }

  /** Attaches a control client to a session: settles when the server has taken it. It stays until it is ended, or the server is. */
  async attachControl(session: string): Promise<void> {
    const { binary = 'tmux' } = this.#options;
    const client = spawn(binary, ['-u', '-C', '-S', this.socket, 'attach', '-t', session], {
      env: environment(),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#clients.push(client);
    for await (const line of createInterface({ input: client.stdout })) {
      if (line.startsWith('%session-changed ')) break;
    }
    client.stdout.resume();
  }

  /** Attaches a client in a terminal of its own, as a person does: settles when the server has taken it. It leaves when it is ended, or the server is. */
  async attachTerminal(session: string): Promise<void> {
    const { binary = 'tmux' } = this.#options;
    const taken = (await this.run('list-clients')).split('\n').filter(Boolean).length;
    const client = spawn('script', ['-qefc', 'exec "$TMUX_BINARY" -u -S "$SOCKET" attach -t "$SESSION"', '/dev/null'], {
      env: { ...environment(), TMUX_BINARY: binary, SOCKET: this.socket, SESSION: session },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#clients.push(client);
    await eventually('a client in a terminal', async () => {
      return (await this.run('list-clients')).split('\n').filter(Boolean).length > taken;
    });
  }

  /** Removes the socket file, as a cleaner of /tmp does. */
  removeSocket(): Promise<void> {
    return unlink(this.socket);
  }

  /** Sends a signal to the newest life, by its exact pid. */
  kill(name: NodeJS.Signals): void {
    signal(this.life, name);
  }

  /** Kills the newest life as a crash would, and waits for its end. */
  async crash(): Promise<void> {
    this.kill('SIGKILL');
    await this.ended();
  }

  /** Settles when the newest life has ended. */
  ended(): Promise<void> {
    return ended(this.life);
  }

  /** Ends every life that was begun here, also a stopped one, and removes the folder if it is its own. */
  async cleanup(): Promise<void> {
    for (const life of this.#lives) {
      signal(life, 'SIGKILL');
      signal(life, 'SIGCONT');
      await ended(life);
    }
    for (const client of this.#clients) {
      client.kill('SIGKILL');
      if (client.exitCode === null && client.signalCode === null) await once(client, 'exit');
    }
    if (this.#ownFolder !== null) await removeFolder(this.#ownFolder);
  }

  #newSession(name: string): string[] {
    return ['-x', '80', '-y', '24', '-s', literal(name), this.#options.command ?? 'exec cat'];
  }
}

/** Escapes a name, since tmux expands the names it is given. */
export function literal(name: string): string {
  return name.replaceAll('#', '##');
}

/** What a tmux client of the tests may know: nothing of a tmux that the tests themselves run in, and no person's shell start files. */
function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    SHELL: '/bin/sh',
    TERM: 'xterm-256color',
    LC_ALL: 'C.UTF-8',
  };
}
