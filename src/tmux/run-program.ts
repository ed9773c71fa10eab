import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** More output than this from one program is an error, not a reason to run out of memory: 2,000 panes give about 200 kB. */
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** The user as whom a program runs; null runs it as ourselves. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** One run of a program that only answers, without a shell and without stdin. */
export interface ProgramRun {
  /** Name or path. */
  readonly file: string;
  readonly args: readonly string[];
  readonly identity: Identity | null;
  /** Its whole environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** After this many milliseconds it is killed and reaped. */
  readonly timeoutMs: number;
}

/** How a program ended; `error` is the code of the system's error, such as `ENOENT`. */
export type ProgramExit =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'overflow' }
  | { readonly kind: 'not_started'; readonly error: string | undefined };

/** Runs a program. It never rejects. It loads nothing, so that it can be run from a process that has next to no memory. */
export async function runProgram({ file, args, identity, environment, timeoutMs }: ProgramRun): Promise<ProgramExit> {
  try {
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
    return await reaped(spawn(file, args, { ...identity, env: environment, cwd: '/', stdio }), timeoutMs);
  } catch (error) {
    return { kind: 'not_started', error: (error as NodeJS.ErrnoException).code };
  }
}

/** Waits for the end of a program and of what it says; rejects where it could not be started. */
function reaped(child: ChildProcess, timeoutMs: number): Promise<ProgramExit> {
  return new Promise((resolve, reject) => {
    let cut: 'timeout' | 'overflow' | null = null;
    const stop = (by: 'timeout' | 'overflow') => {
      cut ??= by;
      child.kill('SIGKILL');
      // A client hands its standard streams to the server, and a hung server keeps them open: their end is not to be waited for.
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    const timer = setTimeout(stop, timeoutMs, 'timeout');
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    const stdout = gather(child.stdout, () => stop('overflow'));
    const stderr = gather(child.stderr, () => stop('overflow'));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      if (cut !== null) resolve({ kind: cut });
      else if (code === null) resolve({ kind: 'killed', signal: signal ?? 'an unknown signal' });
      else resolve({ kind: 'exited', code, stdout: stdout(), stderr: stderr() });
    });
  });
}

/** Gathers a stream, which is not there where too many files are open; `onOverflow` is called where it gives too much. */
function gather(stream: Readable | null, onOverflow: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes > MAX_OUTPUT_BYTES) onOverflow();
  });
  return () => Buffer.concat(chunks).toString();
}
