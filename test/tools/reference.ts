import { readFileSync, writeFileSync } from 'node:fs';
import { GENERATED } from '../docs/support/generated.ts';

/** Writes the generated parts of the documents anew. */
for (const { path, renew } of GENERATED) {
  const file = new URL(`../../${path}`, import.meta.url);
  writeFileSync(file, await renew(readFileSync(file, 'utf8')));
}
