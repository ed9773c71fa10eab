import { type SoakReport, soak } from '../support/soak/soak.ts';
import { plainRow, type Row } from './row.ts';

/** The most that one event takes in the history, with all that refers to it. */
const EVENT_BYTES = 4_096;

/** Half an hour in which a daemon with 100 servers, 4 scrapers, 200 clients and 3 receivers meets every trouble. `SOAK_SECONDS` (1,800), `SOAK_SERVERS` (100), `SOAK_CLIENTS` (200) and `SOAK_SEED` set how long, how many, and which. */
export async function bench(): Promise<Row[]> {
  const { env } = process;
  const seed = Number(env['SOAK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const report = await soak({
    seed,
    seconds: Number(env['SOAK_SECONDS'] ?? 1_800),
    servers: Number(env['SOAK_SERVERS'] ?? 100),
    clients: Number(env['SOAK_CLIENTS'] ?? 200),
    scrapers: 4,
    onStep: (text) => process.stdout.write(`  ${new Date().toISOString()} ${text}\n`),
  });
  for (const text of wrongOf(report)) process.stdout.write(`  wrong: ${text}\n`);
  for (const { name, again } of report.receivers)
    for (const when of again) process.stdout.write(`  receiver ${name}: a message came again: ${when}\n`);
  return [plainRow('seed', seed, '', null), ...rowsOf(report)];
}

function wrongOf(report: SoakReport): string[] {
  return [
    ...report.problems,
    ...report.missed.map((life) => `missed: ${life}`),
    ...report.invented.map((life) => `reported dead before it died: ${life}`),
    ...report.doubled.map((life) => `reported dead twice: ${life}`),
    ...report.unreachable,
    ...report.overlooked.map((life) => `never found: ${life}`),
    ...report.failedScrapes.map((problem) => `failed scrape: ${problem}`),
    ...report.badClients,
  ];
}

function rowsOf(report: SoakReport): Row[] {
  const { warm, end, events, eventsWhenWarm } = report;
  const mib = (bytes: number) => bytes / 2 ** 20;
  return [
    plainRow('troubles', report.incidents.length, '', null),
    plainRow('events', events, '', null),
    plainRow('deaths', report.deaths, '', null),
    plainRow('deaths reported', report.reported, '', null),
    plainRow('deaths missed', report.missed.length, '', 0),
    plainRow('deaths false', report.invented.length, '', 0),
    plainRow('deaths doubled', report.doubled.length, '', 0),
    plainRow('servers falsely reported unreachable', report.unreachable.length, '', 0),
    plainRow('servers never found', report.overlooked.length, '', 0),
    plainRow('scrapes', report.scrapes, '', null),
    plainRow('scrapes failed while the daemon was stopped or had no descriptors left', report.excusedScrapes, '', null),
    plainRow('scrapes failed otherwise', report.failedScrapes.length, '', 0),
    plainRow('connects of clients of the feed', report.connects, '', null),
    plainRow('clients of the feed that did not get each event exactly once', report.badClients.length, '', 0),
    ...report.receivers.flatMap(({ name, refused, undelivered, repeated, again }) => [
      plainRow(`receiver ${name}: messages refused`, refused, '', null),
      plainRow(`receiver ${name}: deaths not delivered`, undelivered, '', 0),
      plainRow(`receiver ${name}: deaths reported by two messages`, repeated, '', 0),
      plainRow(`receiver ${name}: messages that came again under the same webhook-id`, again.length, '', null),
    ]),
    plainRow('heap after the warm-up', mib(warm.heapBytes), 'MiB', null),
    plainRow(
      `heap growth from there to the end, with ${events - eventsWhenWarm} more events in the history`,
      mib(end.heapBytes - warm.heapBytes),
      'MiB',
      4 + mib((events - eventsWhenWarm) * EVENT_BYTES),
    ),
    plainRow('RSS after the warm-up', mib(warm.residentBytes), 'MiB', null),
    plainRow('RSS at the end', mib(end.residentBytes), 'MiB', null),
    plainRow('open files after the warm-up', warm.files, '', null),
    plainRow('open files more at the end', end.files - warm.files, '', 0),
    plainRow('other problems', report.problems.length, '', 0),
  ];
}
