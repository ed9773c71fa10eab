import { readReport } from '../support/run/report.ts';

// Writes what a run left out: a pattern for the names of those tests, then their files, each on a line; nothing if there are none.
const [path = ''] = process.argv.slice(2);
const tests = readReport(path).filter(({ outcome }) => outcome === 'left out');
const names = [...new Set(tests.map(({ name }) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')))];
const files = [...new Set(tests.map(({ file }) => file))];
if (tests.length > 0) process.stdout.write(`${[`^(${names.join('|')})$`, ...files].join('\n')}\n`);
