import { readFileSync, writeFileSync } from 'node:fs';
import { replaceReference } from '../../src/config/reference.ts';

const readme = new URL('../../README.md', import.meta.url);
writeFileSync(readme, replaceReference(readFileSync(readme, 'utf8')));
