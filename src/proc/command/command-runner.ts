import { execFile } from 'node:child_process';
import type { RunCommand } from './command.ts';

/** Maximum size of one command's output; more is an error. */
const MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/** Creates a function that runs commands which only read, such as `systemctl show`. It never rejects. */
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
        // The process cannot be created, for example for lack of memory.
        resolve({ code: null, stdout: '' });
      }
    });
}

/** The exit code of a command; null if it was killed or could not be started. */
function codeOf(error: { readonly code?: unknown } | null): number | null {
  if (error === null) return 0;
  return typeof error.code === 'number' ? error.code : null;
}
