import { existsSync, readFileSync } from 'node:fs';

/** One test in a report of the runner (`--json`). */
export interface ReportedTest {
  /** Path of its file, from the root of the checkout. */
  readonly file: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'left out';
}

interface JsonReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/** Reads a report. A run that wrote none failed; so did a file that failed without any of its tests. */
export function readReport(path: string): readonly ReportedTest[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  if (text === '') return [{ file: path, name: 'the run', outcome: 'failed' }];
  return (JSON.parse(text) as JsonReport).testResults.flatMap(({ name, status, assertionResults }) => {
    const file = name.slice(name.lastIndexOf('/test/') + 1);
    const tests = assertionResults.map((test) => ({ file, name: test.fullName, outcome: outcomeOf(test.status) }));
    const isBroken = status === 'failed' && !tests.some(({ outcome }) => outcome === 'failed');
    return isBroken ? [...tests, { file, name: 'the file', outcome: 'failed' as const }] : tests;
  });
}

/** Joins a run with a later one of what it left out: each test once, with the outcome that says more. */
export function joinReports(first: readonly ReportedTest[], later: readonly ReportedTest[]): readonly ReportedTest[] {
  const made = new Map(later.filter(({ outcome }) => outcome !== 'left out').map((test) => [keyOf(test), test]));
  const joined = first.map((test) => {
    const again = test.outcome === 'left out' ? made.get(keyOf(test)) : undefined;
    return again ?? test;
  });
  const known = new Set(first.map(keyOf));
  return [...joined, ...later.filter((test) => test.outcome === 'failed' && !known.has(keyOf(test)))];
}

function keyOf({ file, name }: ReportedTest): string {
  return `${file}\0${name}`;
}

function outcomeOf(status: string): ReportedTest['outcome'] {
  if (status === 'passed' || status === 'failed') return status;
  return 'left out';
}
