import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeFolder } from '../../src/files/folder.ts';
import { cli } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';

describe('makeFolder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(() => removeFolder(folder));

  it('makes a folder and those above it, for their user alone; again is free', () => {
    const path = join(folder, 'a', 'b');
    makeFolder(path);
    makeFolder(path);
    expect([join(folder, 'a'), path].map((made) => statSync(made).mode & 0o777)).toEqual([0o700, 0o700]);
  });

  it.each(['/proc/x/y', '/proc/self/x/y', '/dev/null/x'])('ends at once if none can be made there: %s', (path) => {
    expect(() => makeFolder(path)).toThrow(/^E\w+: .*mkdir/);
  });

  it('leaves a file that is in the way', async () => {
    await writeFile(join(folder, 'file'), 'mine');
    expect(() => makeFolder(join(folder, 'file', 'x'))).toThrow('EEXIST');
    expect(existsSync(join(folder, 'file'))).toBe(true);
  });
});

describe.each(['/proc/x', '/dev/null'])('A command whose folder cannot be made (%s)', (place) => {
  it('says so in one line, and ends with 1: shell-follow', async () => {
    const { code, stderr } = await cli(['shell-follow', '--url=http://127.0.0.1:9'], { XDG_STATE_HOME: place });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^notices cannot be kept: E\w+: .*; set XDG_STATE_HOME to a folder that you can write to\n$/,
    );
  });

  it('says so in one line, and ends with 1: service install', async () => {
    const { code, stderr } = await cli(['service', 'install', `--dir=${place}/y`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/tmux-exporter\S* cannot be written: E\w+: .*; name another folder with --dir\n$/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('refuses to start: serve with its default store', async () => {
    const flags = ['--no-tmux.discover-processes', '--web.listen-address=127.0.0.1:0'];
    const { code, stderr } = await cli(['serve', ...flags], { XDG_STATE_HOME: place });
    expect(code).toBe(1);
    expect(stderr).toContain('/journal.db cannot be used to store events: E');
  });
});
