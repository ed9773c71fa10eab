import { execFile } from 'node:child_process';
import type { RunCommand } from './command.ts';

/** More output than this from one command is an error. */
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/** Creates a runner of commands that only read, such as `systemctl show`. It never rejects. */
export function createCommandRunner(environment: Readonly<Record<string, string>>): RunCommand {
  return (file, args, timeoutMs) =>
    new Promise((resolve) => {
      const options = {
        env: environment,
        cwd: '/',
        timeout: timeoutMs,
        killSignal: 'SIGKILL' as const,
        maxBuffer: MAX_OUTPUT_BYTES,
      };
      try {
        execFile(file, args, options, (error, stdout) => resolve({ code: codeOf(error), stdout }));
      } catch {
        // It cannot even be tried, for example without memory.
        resolve({ code: null, stdout: '' });
      }
    });
}

/** The exit code; null if it was killed or could not be started. */
function codeOf(error: { readonly code?: unknown } | null): number | null {
  if (error === null) return 0;
  return typeof error.code === 'number' ? error.code : null;
}
