import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { licensesOf } from './licenses.ts';

/** Writes all of `dist/` anew: what `npm start`, the package and the image run. */
const DIST = fileURLToPath(new URL('../dist', import.meta.url));

const { files, packages } = await bundle(DIST);
const licenses = join(DIST, 'THIRD_PARTY_LICENSES');
writeFileSync(licenses, licensesOf(packages));
removeOthers([...files, licenses]);

/** Removed last, so that a program that is running finds its parts where nothing has changed. */
function removeOthers(written: readonly string[]): void {
  for (const name of readdirSync(DIST)) {
    const path = join(DIST, name);
    if (!written.includes(path)) rmSync(path, { recursive: true });
  }
}
