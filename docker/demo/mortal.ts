import { execFile, spawn } from 'node:child_process';
import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import type { Home } from './home.ts';
import { ended, type Life, lifeOf, send } from './life.ts';

const execute = promisify(execFile);

/** A session, and the shell command in its pane. */
export interface Part {
  readonly session: string;
  readonly command: string;
}

/** How a server can die. */
export type Death = 'kill-server' | 'last session' | 'SIGTERM' | 'SIGKILL';

/** A tmux server that dies and comes back. */
export class Mortal {
  readonly name: string;
  /** Whether something is happening to it: then nothing else may. */
  isBusy = false;
  readonly #home: Home;
  readonly #parts: readonly Part[];
  #life: Life = { pid: 0, start: '' };
  #visits = 0;

  constructor(home: Home, name: string, parts: readonly Part[]) {
    this.#home = home;
    this.name = name;
    this.#parts = parts;
  }

  /** Path of its socket. */
  get socket(): string {
    return join(this.#home.sockets, this.name);
  }

  /** Starts the server, with all its sessions. */
  async begin(): Promise<void> {
    const [first, ...others] = this.#parts;
    if (!first) throw new Error(`${this.name} has no session to begin with`);
    const pid = await this.#run('new-session', '-d', '-P', '-F', '#{pid}', ...words(first));
    this.#life = lifeOf(Number(pid));
    this.#home.note(this.#life);
    await this.#run('set-option', '-g', 'remain-on-exit', 'on');
    for (const part of others) await this.open(part);
  }

  /** Opens a session. */
  async open(part: Part): Promise<void> {
    await this.#run('new-session', '-d', ...words(part));
  }

  /** Attaches a client to the first session, for the life of the server. */
  attach(): void {
    const client = spawn('tmux', ['-u', '-C', '-S', this.socket, 'attach', '-t', `=${this.#parts[0]?.session}`], {
      env: this.#environment,
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    client.on('error', () => {});
    if (client.pid !== undefined) this.#home.note(lifeOf(client.pid));
  }

  /** Opens a session that is closed again later. */
  async openVisit(command: string): Promise<void> {
    await this.open({ session: `visit-${++this.#visits}`, command });
  }

  /** Closes the newest session, unless it is one of the first. */
  async closeVisit(): Promise<void> {
    const sessions = (await this.#run('list-sessions', '-F', '#{session_name}')).split('\n');
    const visit = sessions.findLast((name) => name.startsWith('visit-'));
    if (visit) await this.#run('kill-session', '-t', `=${visit}`);
  }

  /** Kills the server in the given way. */
  async die(death: Death): Promise<void> {
    if (death === 'kill-server') await this.#run('kill-server');
    else if (death === 'last session') await this.#closeAll();
    else send(this.#life, death);
    await ended(this.#life, 5_000);
  }

  /** Stops the server, as if its disk hung, until {@link goOn}. */
  hang(): void {
    send(this.#life, 'SIGSTOP');
  }

  /** Ends {@link hang}. */
  goOn(): void {
    send(this.#life, 'SIGCONT');
  }

  /** Deletes its socket file, as a cleaner of /tmp would, until {@link findSocket}. */
  loseSocket(): Promise<void> {
    return unlink(this.socket);
  }

  /** Lets it create its socket file again. */
  findSocket(): void {
    send(this.#life, 'SIGUSR1');
  }

  async #closeAll(): Promise<void> {
    const sessions = (await this.#run('list-sessions', '-F', '#{session_id}')).split('\n');
    for (const id of sessions) await this.#run('kill-session', '-t', id);
  }

  async #run(...command: readonly string[]): Promise<string> {
    const { stdout } = await execute('tmux', ['-u', '-S', this.socket, '-f', '/dev/null', ...command], {
      env: this.#environment,
    });
    return stdout.trimEnd();
  }

  get #environment(): NodeJS.ProcessEnv {
    const { folder } = this.#home;
    const terminal = { SHELL: '/bin/sh', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' };
    return { PATH: process.env['PATH'], HOME: folder, ...terminal };
  }
}

function words({ session, command }: Part): string[] {
  return ['-x', '120', '-y', '30', '-s', session, command];
}
