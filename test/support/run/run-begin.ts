import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Before the first test: all that the run makes is made in one folder of its own, which the workers inherit. Some tests run programs in it as other users, so they may pass through. `npm start` runs the bundle, which has to be that of today's code. What its programs compile is kept, as `npm start` does: some are started a hundred times. */
export default function begin(): void {
  const folder = mkdtempSync(join(tmpdir(), 'tx'));
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
  // A bash that no other shell started, and whose input is a socket, as that of a child of Node is, reads ~/.bashrc: bash(1), "rshd".
  process.env['SHLVL'] = '1';
  execFileSync(process.execPath, [fileURLToPath(new URL('../../../packaging/build.ts', import.meta.url))]);
  process.env['NODE_COMPILE_CACHE'] = fileURLToPath(
    new URL('../../../node_modules/.cache/tmux-exporter', import.meta.url),
  );
}
