import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { childrenOf, ended, type ProcessLife, processLife, signal } from '../machine/process-life.ts';

/** Process 1 starts the server on the socket `$1`, after it has made the folder `$2` one of its own, if that is not empty. It ends when its input does. */
const SCRIPT = `mount -t proc proc /proc
if [ -n "$2" ]; then mount -t tmpfs none "$2"; fi
tmux -u -S "$1" -f /dev/null new-session -d -P -F "#{pid}" -s main "exec cat" && exec cat >/dev/null`;

/** How a server is contained. */
export interface ContainedServerOptions {
  readonly socket: string;
  /** A folder that only the server sees; null if it sees all files of the machine. */
  readonly ownFolder: string | null;
  /** Whether it has a network namespace of its own. */
  readonly hasOwnNetwork: boolean;
}

/** A tmux server in a mount and a pid namespace of its own, as in a container: it calls itself by another pid than the machine does. Takes root. */
export class ContainedServer {
  /** The process, by its pid on this machine. */
  readonly life: ProcessLife;
  /** The pid by which it calls itself. */
  readonly ownPid: number;
  readonly #container: ChildProcess;

  private constructor(life: ProcessLife, ownPid: number, container: ChildProcess) {
    this.life = life;
    this.ownPid = ownPid;
    this.#container = container;
  }

  static async start({ socket, ownFolder, hasOwnNetwork }: ContainedServerOptions): Promise<ContainedServer> {
    const namespaces = ['-m', '-p', '-f', '--kill-child', ...(hasOwnNetwork ? ['-n'] : [])];
    const container = spawn('unshare', [...namespaces, 'sh', '-c', SCRIPT, 'sh', socket, ownFolder ?? ''], {
      env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [ownPid] = await once(container.stdout, 'data');
    const [first = 0] = childrenOf(container.pid ?? 0);
    // The client can still be there.
    const server = childrenOf(first).find((pid) => ownPidOf(pid) === Number(ownPid)) ?? 0;
    return new ContainedServer(processLife(server), Number(ownPid), container);
  }

  kill(name: NodeJS.Signals): void {
    signal(this.life, name);
  }

  /** Ends the container, and the server with it. */
  async end(): Promise<void> {
    const exit = once(this.#container, 'exit');
    this.#container.stdin?.end();
    await exit;
    await ended(this.life);
  }
}

/** Null if the process has ended. */
function ownPidOf(pid: number): number | null {
  try {
    return Number(/^NSpid:.*\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return null;
  }
}
