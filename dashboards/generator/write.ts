import { mkdirSync, writeFileSync } from 'node:fs';
import { generatedFiles } from './files.ts';

const folder = new URL('../', import.meta.url);
mkdirSync(new URL('import/', folder), { recursive: true });
for (const { path, text } of generatedFiles()) writeFileSync(new URL(path, folder), text);
