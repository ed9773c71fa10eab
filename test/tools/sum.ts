import { existsSync } from 'node:fs';
import { joinReports, readReport } from '../support/run/report.ts';

// Writes one line: how many tests passed and failed in a run and, if there was one, a later run of what it left out. It fails if a test did.
const [first = '', later = ''] = process.argv.slice(2);
const tests = joinReports(readReport(first), existsSync(later) ? readReport(later) : []);
const count = (wanted: string) => tests.filter(({ outcome }) => outcome === wanted).length;
const leftOut = count('left out');
process.stdout.write(
  `${count('passed')} passed, ${count('failed')} failed${leftOut > 0 ? `, ${leftOut} skipped` : ''}\n`,
);
process.exit(count('failed') > 0 ? 1 : 0);
