import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Listens on a path, named as a tmux server is, perhaps below another root folder. Ends when its input does. */
const SCRIPT = `
import ctypes, os, socket, sys
library = ctypes.CDLL(None)
if len(sys.argv) > 2: os.chroot(sys.argv[2])
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
library.prctl(15, b'tmux: server')
print('ready', flush=True)
sys.stdin.read()
`;

/** A process of another user that looks like a tmux server. */
export class Impostor {
  readonly pid: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
    this.pid = process.pid ?? 0;
  }

  /** Starts one that listens on a path, in a chroot if there is a `root`. Takes root. */
  static async listen(socket: string, uid: number, root?: string): Promise<Impostor> {
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    const child = spawn('python3', ['-c', SCRIPT, socket, ...(root === undefined ? [] : [root])], {
      stdio: [...stdio],
      uid,
      gid: uid,
      cwd: '/',
    });
    if (!child.stdout) throw new Error('an impostor has no stdout');
    await once(child.stdout, 'data');
    return new Impostor(child);
  }

  /** Ends it. */
  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}
