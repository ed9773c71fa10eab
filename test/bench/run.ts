import { takeOwnFolder } from './own-folder.ts';
import type { Row } from './row.ts';

/** The rows of a benchmark, one by one or all at the end. */
type Rows = Promise<Row[]> | AsyncIterable<Row>;

/** The benchmarks by name, with their modules. */
const BENCHES: Readonly<Record<string, () => Promise<{ bench: () => Rows }>>> = {
  metrics: () => import('./metrics.ts'),
  poll: () => import('./poll.ts'),
  detection: () => import('./detection.ts'),
  lives: () => import('./lives.ts'),
  watch: () => import('./watch.ts'),
  trace: () => import('./trace.ts'),
  chaos: () => import('./chaos.ts'),
  feed: () => import('./feed.ts'),
  siege: () => import('./siege.ts'),
  shell: () => import('./shell.ts'),
  churn: () => import('./churn.ts'),
  processes: () => import('./processes.ts'),
  holds: () => import('./holds.ts'),
  soak: () => import('./soak.ts'),
  fleet: () => import('./fleet.ts'),
  'fleet-chaos': () => import('./fleet-chaos.ts'),
};

/** How long the benchmarks run that only run if they are named. */
const LONG: Readonly<Record<string, string>> = {
  chaos: '10 minutes',
  soak: '30 minutes',
  fleet: '15 minutes',
  'fleet-chaos': '4 minutes',
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in BENCHES));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(', ')}; expected some of ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}

takeOwnFolder();
let exceeded = 0;
for (const [name, load] of Object.entries(BENCHES)) {
  if (wanted.length > 0 ? !wanted.includes(name) : name in LONG) continue;
  process.stdout.write(`\n${name}\n`);
  const { bench } = await load();
  const measured = bench();
  for await (const row of 'then' in measured ? await measured : measured) {
    process.stdout.write(`${textOf(row)}\n`);
    if (isOver(row)) exceeded++;
  }
}
if (wanted.length === 0) {
  const left = Object.entries(LONG).map(([name, time]) => `${name} (${time})`);
  process.stdout.write(
    `\nnot run, because they are long: ${left.join(', ')}. Name them, such as: npm run bench -- chaos soak\n`,
  );
}
process.stdout.write(`\n${exceeded === 0 ? 'every budget is kept' : `${exceeded} over budget`}\n`);
process.exit(exceeded === 0 ? 0 : 1);

function textOf(row: Row): string {
  const { name, value, unit, baseline, ratio, budget } = row;
  const against = baseline ? `  against ${figure(baseline.value)} ${unit} (${baseline.name})` : '';
  const times = ratio === null ? '' : `  = ${figure(ratio)} x`;
  const promise = budget === null ? '' : `  [budget ${figure(budget)}${isOver(row) ? ' EXCEEDED' : ''}]`;
  return `  ${name}: ${figure(value)} ${unit}${against}${times}${promise}`;
}

function isOver({ value, ratio, budget }: Row): boolean {
  return budget !== null && (ratio ?? value) > budget;
}

function figure(value: number): string {
  return value >= 100 || Number.isInteger(value) ? value.toFixed(0) : value.toPrecision(3);
}
