import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { processesIn } from '../support/machine/leftovers.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PAUSE_MS = 50;
const PATIENCE_MS = 5_000;

/** Gives the run a folder of its own for all that it makes. When the run ends, also by a signal or an error, so do the processes that have the folder in their command line or environment: tmux servers would go on without us. */
export function takeOwnFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'tx'));
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
  process.on('exit', () => clean(folder));
  for (const name of SIGNALS) process.on(name, () => process.exit(128 + constants.signals[name]));
}

/** Blocks, so that nothing new is started meanwhile. */
function clean(folder: string): void {
  const deadline = performance.now() + PATIENCE_MS;
  for (let quiet = 0; quiet < 2 && performance.now() < deadline; pause()) {
    const left = processesIn([folder]);
    quiet = left.length === 0 ? quiet + 1 : 0;
    for (const { pid } of left) kill(pid);
  }
  for (const mount of mountsIn(folder)) execFileSync('umount', ['-l', mount]);
  rmSync(folder, { recursive: true, force: true });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function mountsIn(folder: string): string[] {
  try {
    const lines = readFileSync('/proc/mounts', 'utf8').split('\n');
    return lines.flatMap((line) => line.split(' ')[1] ?? []).filter((path) => path.startsWith(`${folder}/`));
  } catch {
    return [];
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
}
