import { execFileSync } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { type CommittedDashboard, committedDashboards } from './support/committed.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TYPES = fileURLToPath(new URL('support/strict-dashboard.ts', import.meta.url));

/** Changes that make a dashboard another thing than the types of the SDK allow. */
const BREAKAGES: readonly [name: string, from: string, to: string][] = [
  ['a key of the dashboard', '"schemaVersion"', '"schemaVersoin": 1, "schemaVersion"'],
  ['a key of a panel', '"fieldConfig"', '"fieldConfg": {}, "fieldConfig"'],
  ['the type of a width', '"w": 3', '"w": "3"'],
  ['a value of an option', '"colorMode": "value"', '"colorMode": "vlaue"'],
  ['a key of an option', '"textMode"', '"textMod": "auto", "textMode"'],
  ['a key of a query', '"legendFormat"', '"legendFromat": "", "legendFormat"'],
  ['a format of a query', '"format": "table"', '"format": "tabel"'],
  ['a type of panel', '"type": "stat"', '"type": "stats"'],
  ['a key of a custom field option', '"cellOptions": {', '"cellOption": {}, "cellOptions": {'],
  ['a mode of colours', '"mode": "thresholds"', '"mode": "threshold"'],
  ['a refresh of a variable', '"refresh": 2', '"refresh": 3'],
];

describe('The types of the SDK', () => {
  let folder: string;
  let complaints: string;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(CONFIG));
    writeFileSync(join(folder, 'strict-dashboard.ts'), readFileSync(TYPES));
    for (const dashboard of committedDashboards()) write(dashboard.name, text(dashboard));
    const fleet = text(committedDashboards().find(({ name }) => name === 'fleet'));
    for (const [at, [, from, to]] of BREAKAGES.entries()) {
      if (!fleet.includes(from)) throw new Error(`nothing to break: ${from}`);
      write(`broken-${at}`, fleet.replace(from, to));
    }
    complaints = compile();
  }, 120_000);

  afterAll(() => removeFolder(folder));

  /** A dashboard as a literal: TypeScript refuses every key in it that its type has not. */
  function write(name: string, literal: string): void {
    const lines = ["import type { StrictDashboard } from './strict-dashboard.ts';", 'export const dashboard ='];
    writeFileSync(join(folder, `${name}.ts`), `${lines.join('\n')} ${literal} satisfies StrictDashboard;\n`);
  }

  function compile(): string {
    try {
      return execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder], {
        cwd: folder,
        encoding: 'utf8',
      });
    } catch (error) {
      return String((error as { stdout?: string }).stdout);
    }
  }

  it.each(committedDashboards())('take the dashboard $name as it is', ({ name }) => {
    expect(complaints.split('\n').filter((line) => line.startsWith(`${name}.ts`))).toEqual([]);
  });

  it.each(BREAKAGES.map(([name], at) => [name, at] as const))('refuse %s that is misspelt', (_, at) => {
    expect(complaints).toContain(`broken-${at}.ts(`);
  });
});

function text(dashboard: CommittedDashboard | undefined): string {
  const { name, ...own } = dashboard ?? {};
  return JSON.stringify(own, null, 1);
}

const CONFIG = {
  extends: join(ROOT, 'tsconfig.json'),
  compilerOptions: { noEmit: true, types: [], preserveSymlinks: true, exactOptionalPropertyTypes: true },
  include: ['*.ts'],
};
