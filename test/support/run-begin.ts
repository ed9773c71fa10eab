import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Before the first test: all that the run makes is made in one folder of its own, which the workers inherit. Some tests run programs in it as other users, so they may pass through. */
export default function begin(): void {
  const folder = mkdtempSync(join(tmpdir(), 'tx'));
  chmodSync(folder, 0o711);
  process.env['TMPDIR'] = folder;
}
