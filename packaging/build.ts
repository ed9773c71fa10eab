import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { licensesOf } from './licenses.ts';
import { sbomOf } from './sbom.ts';

/** Writes `dist/` from scratch: `npm start`, the package and the image run it. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

const { files, packages } = await bundle(DIST);
const licenses = join(DIST, 'THIRD_PARTY_LICENSES');
writeFileSync(licenses, licensesOf(packages));
const sbom = join(DIST, 'sbom.cdx.json');
writeFileSync(sbom, sbomOf(ROOT, packages));
const manual = join(DIST, 'tmux-exporter.1');
writeFileSync(manual, outputOf('manual'));
removeOthers([...files, licenses, sbom, manual]);

/** What the bundled program prints. It leaves nothing in the home of the user. */
function outputOf(command: string): string {
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' };
  return execFileSync(process.execPath, [join(DIST, 'cli.js'), command], { env, encoding: 'utf8' });
}

/** Removes old files, after everything is written: a running program still finds its unchanged parts. */
function removeOthers(written: readonly string[]): void {
  for (const name of readdirSync(DIST)) {
    const path = join(DIST, name);
    if (!written.includes(path)) rmSync(path, { recursive: true });
  }
}
