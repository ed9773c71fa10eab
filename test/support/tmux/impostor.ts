import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Listens on a path, named as a tmux server is, perhaps below another root folder. It ends when its input does. By the line `fork` it
 * forks a child that is like itself, as a server does for each pane; the child writes its pid, and ends with it. By the line `run`
 * it gets the name of another program, and writes that.
 */
const SCRIPT = `
import ctypes, os, signal, socket, sys
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15
library = ctypes.CDLL(None)
if len(sys.argv) > 2: os.chroot(sys.argv[2])
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
def rename(name):
    library.prctl(PR_SET_NAME, name.encode())
    print(name, flush=True)
rename('tmux: server')
for line in sys.stdin:
    if line == 'run\\n': rename('cat')
    elif os.fork() == 0:
        library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        print(os.getpid(), flush=True)
        while True: signal.pause()
`;

export interface ImpostorOptions {
  /** Its root folder. Ours unless given. */
  readonly root?: string;
  /** The group of the same number as the user unless given. */
  readonly gid?: number;
}

/** A process that looks like a tmux server. */
export class Impostor {
  readonly pid: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.pid = process.pid ?? 0;
  }

  /** Starts one that listens on a path, as a user, in a chroot if there is a `root`. It takes root to be another user, or in a chroot. */
  static async listen(socket: string, uid: number, { root, gid = uid }: ImpostorOptions = {}): Promise<Impostor> {
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    const child = spawn('python3', ['-c', SCRIPT, socket, ...(root === undefined ? [] : [root])], {
      stdio: [...stdio],
      uid,
      gid,
      cwd: '/',
    });
    if (!child.stdout) throw new Error('an impostor has no stdout');
    await once(child.stdout, 'data');
    return new Impostor(child);
  }

  /** Has it fork a child that is like itself, and ends when it does. Returns the child's pid. */
  async fork(): Promise<number> {
    return Number(await this.#answerTo('fork'));
  }

  /** Gives it the name of another program, as if it ran that now. */
  async runProgram(): Promise<void> {
    await this.#answerTo('run');
  }

  async #answerTo(order: string): Promise<string> {
    const { stdin, stdout } = this.#process;
    if (!stdin || !stdout) throw new Error('an impostor has no pipes');
    const answer = once(stdout, 'data');
    stdin.write(`${order}\n`);
    return String((await answer)[0]);
  }

  /** Ends it. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}
