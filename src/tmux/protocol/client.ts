import { type ConnectionEnd, openConnection } from './connection.ts';
import { NotAFrame } from './frame.ts';

/** How a command ended that was run on a tmux server. */
export type CommandEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** The server did not answer in time. */
  | { readonly kind: 'timeout' }
  | Exclude<ConnectionEnd, { kind: 'exit' }>;

/** Runs one command on the server that listens on a path. It never rejects. */
export type RunTmuxCommand = (path: string, command: readonly string[]) => Promise<CommandEnd>;

/** What {@link createProtocolClient} needs. */
export interface ProtocolClientOptions {
  /** The pid by which servers name us in their message log. */
  readonly pid: number;
  /** After so many milliseconds the connection is closed. */
  readonly timeoutMs: number;
  /** The most bytes that an answer may have; 32 MiB by default: 2,000 panes give about 400 kB. */
  readonly maxBytes?: number;
}

const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Creates a client that speaks tmux's protocol: its stdout, stderr and exit code are those of `tmux -u`, with no process. It carries out nothing that a server orders, so commands that read or write by way of the client fail, such as `load-buffer` and `show-buffer`. */
export function createProtocolClient(options: ProtocolClientOptions): RunTmuxCommand {
  const { pid, timeoutMs, maxBytes = MAX_ANSWER_BYTES } = options;
  return (path, command) => {
    const { promise, resolve } = Promise.withResolvers<CommandEnd>();
    try {
      const close = openConnection({
        path,
        command,
        pid,
        maxBytes,
        onEnd: (end, { stdout, stderr }) => {
          clearTimeout(timer);
          resolve(end.kind === 'exit' ? exited(end, stdout, stderr) : end);
        },
      });
      const timer = setTimeout(() => {
        close();
        resolve({ kind: 'timeout' });
      }, timeoutMs);
    } catch (error) {
      if (!(error instanceof NotAFrame)) throw error;
      resolve(TOO_LONG);
    }
    return promise;
  };
}

/** What a tmux client says of a command that does not fit into one message. */
const TOO_LONG: CommandEnd = { kind: 'exited', code: 1, stdout: '', stderr: 'command too long\n' };

function exited({ code, message }: { code: number; message: string }, stdout: Buffer, stderr: Buffer): CommandEnd {
  // A tmux client prints the server's last words as a line of their own.
  const lastWords = message === '' ? '' : `${message}\n`;
  return { kind: 'exited', code, stdout: stdout.toString(), stderr: stderr.toString() + lastWords };
}
