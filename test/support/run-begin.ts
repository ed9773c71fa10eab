import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Before the first test: all that the run makes is made in one folder of its own, which the workers inherit. */
export default function begin(): void {
  process.env['TMPDIR'] = mkdtempSync(join(tmpdir(), 'tx'));
}
