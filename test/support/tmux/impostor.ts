import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

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
  readonly #lines: AsyncIterator<string>;

  private constructor(process: ChildProcess) {
    if (!process.stdout) throw new Error('an impostor has no stdout');
    this.#process = process;
    this.#lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
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
    const impostor = new Impostor(child);
    await impostor.#line();
    return impostor;
  }

  /** Has it fork a child that is like itself, and ends when it does. Returns the child's pid. */
  async fork(): Promise<number> {
    return Number(await this.#answerTo('fork'));
  }

  /** Gives it the name of another program, as if it ran that now. */
  async runProgram(): Promise<void> {
    await this.#answerTo('run');
  }

  #answerTo(order: string): Promise<string> {
    this.#process.stdin?.write(`${order}\n`);
    return this.#line();
  }

  /** Its next line. Python writes the end of a line by itself if PYTHONUNBUFFERED is set, so a piece of its output may be no line. */
  async #line(): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('expected a line of an impostor, found its end');
    return value;
  }

  /** Ends it. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}
