import { writeFile } from 'node:fs/promises';
import { type StormReport, storm } from '../support/chaos/storm.ts';
import { plainRow, type Row } from './row.ts';

/** Everything that can happen to 50 servers and to the daemon that watches them, at random, compared with the truth. `CHAOS_SECONDS` (600), `CHAOS_SERVERS` (50) and `CHAOS_SEED` set how long, how many, and which; `CHAOS_TRACE` names a file for all that happened. */
export async function bench(): Promise<Row[]> {
  const { env } = process;
  const seed = Number(env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const report = await storm({
    seed,
    seconds: Number(env['CHAOS_SECONDS'] ?? 600),
    servers: Number(env['CHAOS_SERVERS'] ?? 50),
  });
  const trace = env['CHAOS_TRACE'];
  if (trace !== undefined) await writeFile(trace, report.trace.join('\n'));
  for (const problem of report.problems) process.stdout.write(`  wrong: ${problem}\n`);
  return rowsOf(report);
}

function rowsOf({ seed, happenings, ...report }: StormReport): Row[] {
  const times = report.detectionMs.toSorted((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.ceil(times.length * share) - 1)] ?? Number.NaN;
  return [
    plainRow('seed', seed, '', null),
    ...Object.entries(happenings).map(([name, count]) => plainRow(`happened: ${name}`, count, '', null)),
    plainRow('events', report.events, '', null),
    plainRow('deaths reported', report.told, '', null),
    plainRow('deaths whose reason is certain', report.certain, '', null),
    plainRow('deaths of servers that were not known, or deregistered', report.untold, '', null),
    plainRow('from the end to the notice, if the reason is certain: p50', at(0.5), 'ms', null),
    plainRow('from the end to the notice, if the reason is certain: p99', at(0.99), 'ms', null),
    plainRow('from the end to the notice, if the reason is certain: longest', at(1), 'ms', null),
    plainRow('open files after the storm', report.afterStorm.files, '', null),
    plainRow('open files after a fresh start', report.fresh.files, '', null),
    plainRow('RSS after the storm', report.afterStorm.residentBytes / 2 ** 20, 'MiB', null),
    plainRow('RSS after a fresh start', report.fresh.residentBytes / 2 ** 20, 'MiB', null),
    plainRow(
      'wrong: missed, false, doubled, with a wrong reason, miscounted or left behind',
      report.problems.length,
      '',
      0,
    ),
  ];
}
