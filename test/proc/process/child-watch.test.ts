import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ChildWatch } from '../../../src/proc/process/child-watch.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';

const PID = 7;

describe('A watch of child processes, at its first sight of a server', () => {
  let root: string;

  beforeEach(async () => {
    root = await makePrivateFolder();
    await writeFile(join(root, 'loadavg'), '0.00 0.00 0.00 1/100 11\n');
    const task = join(root, `${PID}/task/${PID}`);
    await mkdir(task, { recursive: true });
    await writeFile(join(task, 'children'), '10 11 ');
  });

  afterEach(() => removeFolder(root));

  it.each([
    ['reports one whose poll saw another number of children', 1, ['work']],
    ['reports nothing if the poll saw all of them', 2, []],
    ['reports nothing if the number is unknown', null, []],
  ])('%s', (_, children, expected) => {
    const reported: string[] = [];
    const parents = () => [{ name: 'work', pid: PID, children }];
    const watch = new ChildWatch({ parents, onChange: (name) => reported.push(name), root });
    watch.start();
    watch.stop();
    expect(reported).toEqual(expected);
  });
});
