import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Before the first test: all that the run makes is made in one folder of its own, which the workers inherit. Some tests run programs in it as other users, so they may pass through. What its programs compile is kept, as `npm start` does: some are started a hundred times. */
export default function begin(): void {
  const folder = mkdtempSync(join(tmpdir(), 'tx'));
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
  process.env['NODE_COMPILE_CACHE'] = fileURLToPath(
    new URL('../../node_modules/.cache/tmux-exporter', import.meta.url),
  );
}
