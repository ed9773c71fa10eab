import { type DayReport, passDay } from '../support/churn/day.ts';
import { plainRow, type Row } from './row.ts';

/** Many days in minutes: sessions, windows, panes and servers come and go, and every sample and event is compared with what really happened. `CHURN_OBJECTS` (1,000,000) and `CHURN_SEED` set how many, and which. */
export async function bench(): Promise<Row[]> {
  const objects = Number(process.env['CHURN_OBJECTS'] ?? 1_000_000);
  const seed = Number(process.env['CHURN_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const report = await passDay({ servers: 20, objects, seed });
  for (const problem of report.problems) process.stdout.write(`  wrong: ${problem}\n`);
  return [plainRow('seed', seed, '', null), ...rowsOf(report)];
}

function rowsOf(report: DayReport): Row[] {
  const { heapEarly, heapAtEnd, mostSeries, mostExpected } = report;
  return [
    plainRow('ticks', report.ticks, '', null),
    plainRow('sessions, windows and panes created', report.objects, '', null),
    plainRow('deaths', report.deaths, '', null),
    plainRow('events', report.events, '', null),
    plainRow('time', report.seconds, 's', null),
    plainRow('heap after a fifth of them', heapEarly / 2 ** 20, 'MiB', null),
    plainRow('heap growth from there to the end', (heapAtEnd - heapEarly) / 2 ** 20, 'MiB', 2),
    plainRow('most series of a scrape', mostSeries, '', mostExpected),
    plainRow('wrong samples, counters or events', report.problems.length, '', 0),
  ];
}
