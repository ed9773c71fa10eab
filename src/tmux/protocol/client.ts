import { type ConnectionEnd, openConnection } from './connection.ts';
import { NotAFrame } from './frame.ts';

/** How a command on a tmux server ended. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** The server did not answer in time. */
  | { readonly kind: 'timeout' }
  | Exclude<ConnectionEnd, { kind: 'exit' }>;

/** Runs one command on the server that listens on a path. It rejects only if `signal` aborts it, with the reason of that. */
export type RunTmuxCommand = (path: string, command: readonly string[], signal?: AbortSignal) => Promise<CommandEnd>;

/** Options of {@link createProtocolClient}. */
export interface ProtocolClientOptions {
  /** The pid that servers show for this client in their message log. */
  readonly pid: number;
  /** The connection is closed after this many milliseconds. */
  readonly timeoutMs: number;
  /** The most bytes that an answer may have; 8 MiB by default: 2,000 panes give about 400 kB. */
  readonly maxBytes?: number;
}

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Creates a client that speaks tmux's protocol. Its stdout, stderr and exit code are those of `tmux -u`, but it starts no process. It never obeys an order of the server, so commands that read or write files through the client fail, such as `load-buffer` and `show-buffer`. */
export function createProtocolClient(options: ProtocolClientOptions): RunTmuxCommand {
  const { pid, timeoutMs, maxBytes = MAX_ANSWER_BYTES } = options;
  return (path, command, signal) => {
    const { promise, resolve, reject } = Promise.withResolvers<CommandEnd>();
    if (signal?.aborted) return Promise.reject(signal.reason);
    try {
      const close = openConnection({
        path,
        command,
        pid,
        maxBytes,
        onEnd: (end, { stdout, stderr }) => {
          finish();
          resolve(end.kind === 'exit' ? exited(end, stdout, stderr) : end);
        },
      });
      const timer = setTimeout(() => {
        finish();
        close();
        resolve({ kind: 'timeout' });
      }, timeoutMs);
      const abort = () => {
        finish();
        close();
        reject(signal?.reason);
      };
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      signal?.addEventListener('abort', abort);
    } catch (error) {
      if (!(error instanceof NotAFrame)) throw error;
      resolve(TOO_LONG);
    }
    return promise;
  };
}

/** The same error as that of a tmux client whose command does not fit into one message. */
const TOO_LONG: CommandEnd = { kind: 'exited', code: 1, stdout: '', stderr: 'command too long\n' };

function exited({ code, message }: { code: number; message: string }, stdout: Buffer, stderr: Buffer): CommandEnd {
  // A tmux client prints the message of the server's exit as a line of its own.
  const exitLine = message === '' ? '' : `${message}\n`;
  return { kind: 'exited', code, stdout: stdout.toString(), stderr: stderr.toString() + exitLine };
}
