import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { generatedFiles } from '../../dashboards/generator/files.ts';

const FOLDER = new URL('../../dashboards/', import.meta.url);

describe('The committed dashboards', () => {
  it.each(generatedFiles())('hold in $path what the generator writes', ({ path, text }) => {
    const isCurrent = readFileSync(new URL(path, FOLDER), 'utf8') === text;
    expect(isCurrent ? 'current' : 'stale: run `npm run dashboards`').toBe('current');
  });

  it('are no others', () => {
    const committed = ['', 'import/'].flatMap((folder) =>
      readdirSync(new URL(folder, FOLDER)).flatMap((name) => (name.endsWith('.json') ? [folder + name] : [])),
    );
    expect(committed.sort()).toEqual(
      generatedFiles()
        .map(({ path }) => path)
        .sort(),
    );
  });
});
