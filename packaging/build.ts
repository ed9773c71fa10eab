import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { licensesOf } from './licenses.ts';
import { sbomOf } from './sbom.ts';

/** Writes all of `dist/` anew: what `npm start`, the package and the image run. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = join(ROOT, 'dist');

const { files, packages } = await bundle(DIST);
const licenses = join(DIST, 'THIRD_PARTY_LICENSES');
writeFileSync(licenses, licensesOf(packages));
const sbom = join(DIST, 'sbom.cdx.json');
writeFileSync(sbom, sbomOf(ROOT, packages));
removeOthers([...files, licenses, sbom]);

/** Removed last, so that a program that is running finds its parts where nothing has changed. */
function removeOthers(written: readonly string[]): void {
  for (const name of readdirSync(DIST)) {
    const path = join(DIST, name);
    if (!written.includes(path)) rmSync(path, { recursive: true });
  }
}
