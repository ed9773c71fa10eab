import { execFile } from 'node:child_process';

/** The output of a tmux client, and its exit code. */
export interface Printed {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** Runs a command by the tmux client of a server's own version. */
export function printedBy(binary: string, socket: string, command: readonly string[]): Promise<Printed> {
  const argv = ['-u', '-S', socket, '-f', '/dev/null', ...command];
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' };
  return new Promise((resolve, reject) => {
    execFile(binary, argv, { env, encoding: 'buffer', maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}
