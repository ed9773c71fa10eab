import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { joinReports, type ReportedTest, readReport } from '../support/run/report.ts';

const FILE = 'test/core/x.test.ts';

function test(name: string, outcome: ReportedTest['outcome']): ReportedTest {
  return { file: FILE, name, outcome };
}

describe('A report of the runner', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(() => removeFolder(folder));

  async function reportOf(status: string, ...statuses: readonly string[]): Promise<readonly ReportedTest[]> {
    const path = join(folder, 'report.json');
    const assertionResults = statuses.map((one) => ({ fullName: one, status: one }));
    await writeFile(path, JSON.stringify({ testResults: [{ name: `/a/checkout/${FILE}`, status, assertionResults }] }));
    return readReport(path);
  }

  it('names each test by its file in any checkout, with its outcome', async () => {
    expect(await reportOf('failed', 'passed', 'failed', 'pending', 'todo')).toEqual([
      test('passed', 'passed'),
      test('failed', 'failed'),
      test('pending', 'left out'),
      test('todo', 'left out'),
    ]);
  });

  it('counts a file that failed without a failed test', async () => {
    expect(await reportOf('failed', 'passed')).toEqual([test('passed', 'passed'), test('the file', 'failed')]);
  });

  it('that was never written is a failure', async () => {
    expect(readReport(join(folder, 'none'))).toMatchObject([{ outcome: 'failed' }]);
    await writeFile(join(folder, 'empty'), '');
    expect(readReport(join(folder, 'empty'))).toMatchObject([{ outcome: 'failed' }]);
  });

  it('joined with that of a later run has each test once', () => {
    const first = [test('a', 'passed'), test('b', 'left out'), test('c', 'left out'), test('d', 'failed')];
    const later = [test('a', 'left out'), test('b', 'passed'), test('d', 'passed')];
    expect(joinReports(first, later)).toEqual([
      test('a', 'passed'),
      test('b', 'passed'),
      test('c', 'left out'),
      test('d', 'failed'),
    ]);
  });

  it('joined with that of a later run has what failed in that alone', () => {
    expect(joinReports([test('a', 'passed')], [test('the file', 'failed')])).toEqual([
      test('a', 'passed'),
      test('the file', 'failed'),
    ]);
  });
});
