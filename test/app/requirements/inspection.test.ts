import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inspectCollections, inspectDirectory, inspectServers } from '../../../src/app/requirements/inspection.ts';
import type { Hazard } from '../../../src/core/death/hazard.ts';
import type { UnreachableCause } from '../../../src/core/model/server.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { upRecord } from '../../support/sample/sample.ts';

describe('What check says of a collector', () => {
  it('is that it is on, or why it is off', () => {
    const off = 'off: there is no /proc to read';
    expect(
      inspectCollections([null, off].map((problem) => ({ collector: 'process', durationMs: 1, problem }))),
    ).toEqual([
      { verdict: 'fine', subject: 'process collector', message: 'on' },
      { verdict: 'note', subject: 'process collector', message: off },
    ]);
  });
});

describe('What check says of a server that cannot be reached', () => {
  function linesOf(unreachable: UnreachableCause, hazard: Hazard): string[] {
    const hazards = [{ hazard, holds: true, cure: 'avert it' }];
    const record = { ...upRecord(), state: 'unreachable', unreachable, snapshot: null, hazards } as const;
    const results = inspectServers({ records: [record], askedByBinary: new Set() });
    return results.map(({ cure = '' }) => cure);
  }

  it.each([
    ['wedged', 'kill_on_logout', 'Its process 4242 runs'],
    ['permission', 'version_skew', 'Run an exporter as'],
    ['socket_lost', 'tmp_cleaner', 'test ! -e'],
    ['version_mismatch', 'socket_lost', 'As its own user'],
  ] as const)('is how to reach it, beside a danger: %s, %s', (unreachable, hazard, cure) => {
    expect(linesOf(unreachable, hazard)).toEqual([expect.stringContaining(cure), 'avert it']);
  });

  it.each([
    ['socket_lost', 'socket_lost'],
    ['version_mismatch', 'version_skew'],
  ] as const)('is said once if the line of a danger says it: %s, %s', (unreachable, hazard) => {
    expect(linesOf(unreachable, hazard)).toEqual(['', 'avert it']);
  });
});

describe('What check says of a socket directory', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    await writeFile(join(folder, 'file'), '');
    await symlink('loop', join(folder, 'loop'));
  });
  afterAll(() => removeFolder(folder));

  it.each([
    ['', 'fine', ''],
    ['/absent', 'note', ' does not exist yet: tmux creates it for its first server'],
    ['/file', 'bad', ' is no directory'],
    ['/file/below', 'bad', ' cannot be read (ENOTDIR)'],
    ['/loop', 'bad', ' cannot be read (ELOOP)'],
  ])('at "%s" is %s', async (place, verdict, problem) => {
    const directory = folder + place;
    const found = await inspectDirectory(directory, process.getuid?.() ?? null);
    expect(found).toMatchObject({ verdict, subject: 'socket directory', message: directory + problem });
  });
});
