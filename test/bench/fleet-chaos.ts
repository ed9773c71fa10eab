import { runBundle } from '../support/daemon/daemon.ts';
import { type FleetStormReport, fleetStorm } from '../support/fleet/storm.ts';
import { plainRow, type Row } from './row.ts';

/** Every trouble that can befall three nodes, real exporters, simulated ones and hubs, compared with the truth: 3 minutes at most. `FLEET_CHAOS_SEED` (1), `FLEET_CHAOS_HOSTS` (90), `FLEET_CHAOS_EXPORTERS` (10) and `FLEET_CHAOS_TROUBLES` (all, by commas) set which, how many, and what. */
export async function bench(): Promise<Row[]> {
  const { env } = process;
  const report = await fleetStorm({
    seed: Number(env['FLEET_CHAOS_SEED'] ?? 1),
    simulated: Number(env['FLEET_CHAOS_HOSTS'] ?? 90),
    exporters: Number(env['FLEET_CHAOS_EXPORTERS'] ?? 10),
    servers: 5,
    hubs: Number(env['FLEET_CHAOS_HUBS'] ?? 2),
    run: runBundle,
    eventsPerSecond: 30,
    times: { stoppedMs: 15_000, partitionMs: 45_000, fullMs: 5_000, awayMs: 1_500 },
    ...(env['FLEET_CHAOS_TROUBLES'] !== undefined && { troubles: env['FLEET_CHAOS_TROUBLES'].split(',') }),
    onStep: (text) => process.stdout.write(`  ${text}\n`),
  });
  for (const text of wrongOf(report)) process.stdout.write(`  wrong: ${text}\n`);
  return rowsOf(report);
}

function wrongOf({ judgements, misstored, unstored, untold }: FleetStormReport): string[] {
  return [
    ...judgements.flatMap(({ missed, twice, disorder, invented, gaps }, index) => [
      ...(missed.length > 0 ? [`follower ${index} had gaps: ${JSON.stringify(gaps)}`] : []),
      ...missed.map((key) => `follower ${index} missed ${key}`),
      ...twice.map((key) => `follower ${index} heard ${key} twice`),
      ...disorder.map((key) => `follower ${index} heard ${key} too late`),
      ...invented.map((key) => `follower ${index} heard ${key}, which nobody stored`),
    ]),
    ...misstored.map((key) => `stored twice or out of order: ${key}`),
    ...unstored.map((key) => `never stored: ${key}`),
    ...untold.map((pid) => `the death of ${pid} was not reported by its exporter`),
  ];
}

function rowsOf(report: FleetStormReport): Row[] {
  const { judgements, troubles } = report;
  const sum = (count: (judgement: (typeof judgements)[number]) => number) =>
    judgements.reduce((total, judgement) => total + count(judgement), 0);
  return [
    plainRow('seed', report.seed, '', null),
    plainRow('seconds', report.seconds, 's', 180),
    plainRow('troubles', troubles.length, '', null),
    plainRow('events', report.events, '', null),
    plainRow('deaths', report.deaths, '', null),
    plainRow('events that publishers put back', report.healed, '', null),
    plainRow('followers', judgements.length, '', null),
    plainRow('new consumers', report.reopened.length, '', null),
    plainRow(
      'heard again because they were put back',
      sum(({ healed }) => healed),
      '',
      null,
    ),
    plainRow(
      'heard again after a change of the log',
      sum(({ again }) => again),
      '',
      null,
    ),
    plainRow(
      'deaths missed',
      sum(({ missedDeaths }) => missedDeaths.length),
      '',
      0,
    ),
    plainRow(
      'events missed',
      sum(({ missed }) => missed.length),
      '',
      0,
    ),
    plainRow(
      'events heard twice',
      sum(({ twice }) => twice.length),
      '',
      0,
    ),
    plainRow(
      'events heard in disorder',
      sum(({ disorder }) => disorder.length),
      '',
      0,
    ),
    plainRow(
      'events heard that never were',
      sum(({ invented }) => invented.length),
      '',
      0,
    ),
    plainRow('events stored twice or in disorder', report.misstored.length, '', 0),
    plainRow('events never stored', report.unstored.length, '', 0),
    plainRow('deaths that their exporter did not report', report.untold.length, '', 0),
  ];
}
