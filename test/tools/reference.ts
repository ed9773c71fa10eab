import { readFileSync, writeFileSync } from 'node:fs';
import { configExample } from '../../src/config/example.ts';
import { replaceReference } from '../../src/config/reference.ts';

const readme = new URL('../../README.md', import.meta.url);
writeFileSync(readme, replaceReference(readFileSync(readme, 'utf8')));
writeFileSync(new URL('../../docs/config.example.yml', import.meta.url), configExample());
