import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { licensesOf } from './licenses.ts';

/** Writes all of `dist/` anew: what `npm start`, the package and the image run. */
const DIST = fileURLToPath(new URL('../dist', import.meta.url));

rmSync(DIST, { recursive: true, force: true });
const packages = await bundle(DIST);
writeFileSync(join(DIST, 'THIRD_PARTY_LICENSES'), licensesOf(packages));
