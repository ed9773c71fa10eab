import { execFile } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { end, isRunning, type Life, lifeOf } from './life.ts';

const PREFIX = 'tmux-exporter-demo-';

/** A folder without an owner belongs to a demo that is just starting, unless it is older than this. */
const YOUNG_MS = 60_000;

/** The folder of a demo, with a list of all processes that it started: a later demo can clean up with it. */
export class Home {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Creates a folder that only our user may enter. */
  static create(): Home {
    const home = new Home(mkdtempSync(join(tmpdir(), PREFIX)));
    mkdirSync(home.sockets, { mode: 0o700 });
    writeFileSync(join(home.folder, 'owner'), written(lifeOf(process.pid)));
    return home;
  }

  /** Finds the folders of demos that were killed. */
  static leftovers(): Home[] {
    const folders = readdirSync(tmpdir()).filter((name) => name.startsWith(PREFIX));
    return folders.map((name) => new Home(join(tmpdir(), name))).filter((home) => home.#isAbandoned());
  }

  /** The folder of the sockets. */
  get sockets(): string {
    return join(this.folder, 's');
  }

  /** The path of a file in the folder. */
  path(name: string): string {
    return join(this.folder, name);
  }

  /** The environment of programs. It identifies a program that is not in the list, because the demo was killed while starting it. */
  get environment(): Readonly<Record<string, string>> {
    return { XDG_STATE_HOME: this.path('state') };
  }

  /** Adds a started process to the list. */
  note(life: Life): void {
    appendFileSync(this.path('processes'), written(life));
  }

  /** Ends all processes that still run, and removes the folder. */
  async remove(): Promise<void> {
    await Promise.all([...this.#noted(), ...this.#programs()].map((life) => end(life, 0)));
    // A server that was started at the last moment is in no list.
    await Promise.all(namesIn(this.sockets).map((name) => killServer(join(this.sockets, name))));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The processes in the list. Without a start time, because there is no /proc, a pid is no identity. */
  #noted(): Life[] {
    return lines(this.path('processes')).filter(({ start }) => start !== '');
  }

  /** Finds the processes with our environment; none without /proc. */
  #programs(): Life[] {
    const words = Object.entries(this.environment).map(([name, value]) => `${name}=${value}`);
    const lives = namesIn('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => lifeOf(Number(pid)));
    return lives.filter(({ pid }) => {
      const environment = environmentOf(pid);
      return words.every((word) => environment.includes(word));
    });
  }

  #isAbandoned(): boolean {
    const { uid, mtimeMs } = statSync(this.folder);
    if (uid !== process.getuid?.()) return false;
    const [owner] = lines(this.path('owner'));
    return owner ? !isRunning(owner) : Date.now() - mtimeMs > YOUNG_MS;
  }
}

function written({ pid, start }: Life): string {
  return `${pid} ${start}\n`;
}

function lines(path: string): Life[] {
  try {
    const matches = readFileSync(path, 'utf8').matchAll(/^(\d+) (\d*)$/gm);
    return [...matches].map(([, pid, start = '']) => ({ pid: Number(pid), start }));
  } catch {
    return [];
  }
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function killServer(socket: string): Promise<void> {
  return new Promise((resolve) => {
    const command = ['-S', socket, 'kill-server'];
    execFile('tmux', command, { timeout: 2_000, killSignal: 'SIGKILL' }, () => resolve());
  });
}
