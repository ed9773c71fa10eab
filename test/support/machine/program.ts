import { spawnSync } from 'node:child_process';

/** Whether a program is installed. A test that needs one that is not is left out, and says so by its name. */
export function isInstalled(name: string): boolean {
  return spawnSync('sh', ['-c', 'command -v -- "$0" >/dev/null', name]).status === 0;
}
