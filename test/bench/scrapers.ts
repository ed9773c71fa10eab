import { Agent, type Server } from 'node:http';
import type { FleetView } from '../../src/core/record/view.ts';
import { createExposition, type Scrape } from '../../src/metrics/exposition.ts';
import { WHOLE_EXPOSURE } from '../support/daemon/exposure.ts';
import { sampleSelfMetrics } from '../support/daemon/self-metrics.ts';
import { PromClientFleet } from '../support/judges/prom-client-fleet.ts';
import { garbageOf } from '../support/machine/garbage.ts';
import { crowdedView } from '../support/sample/fleet.ts';
import { fetchAll, serveScrapes } from '../support/world/scrape-server.ts';
import { comparedRow, median, type Row } from './row.ts';

/** A fleet to be scraped. */
export interface ScrapedFleet {
  /** How many series it has, as text. */
  readonly series: string;
  readonly servers: number;
  readonly sessions: number;
  /** How often it is measured. */
  readonly rounds: number;
}

const SCRAPERS = 10;

/** How long ten simultaneous scrapers wait: for an unchanged snapshot compared with a static file, and for both kinds compared with prom-client. */
export async function tenScrapers(fleet: ScrapedFleet): Promise<Row[]> {
  const { series, servers, sessions } = fleet;
  let view: FleetView = crowdedView(servers, sessions);
  const rival = new PromClientFleet();
  rival.prepare(view);
  await rival.render();
  const exposition = createExposition({
    view: () => view,
    self: sampleSelfMetrics(),
    exposure: () => WHOLE_EXPOSURE,
    onError: rethrow,
  });
  const scrape = () => exposition.scrape({ accept: undefined, acceptEncoding: 'identity' });
  const { headers, chunks } = await scrape();
  const fixed = { headers, chunks: [Buffer.concat(chunks)] };
  const ours = await serveScrapes(scrape);
  const file = await serveScrapes(async () => fixed);
  const unchanged = await serveScrapes(async () => plain(await rival.expose()));
  const renewed = await serveScrapes(async () => plain(await rival.render()));
  const times = { ours: [] as number[], file: [] as number[], fresh: [] as number[] };
  const theirs = { unchanged: [] as number[], fresh: [] as number[] };
  const rounds = Math.min(fleet.rounds, 30);
  for (let round = 0; round < rounds; round++) {
    times.ours.push(await scrapeAtOnce(ours));
    times.file.push(await scrapeAtOnce(file));
    view = crowdedView(servers, sessions);
    times.fresh.push(await scrapeAtOnce(ours));
    if (round < Math.ceil(rounds / 4)) theirs.unchanged.push(await scrapeAtOnce(unchanged));
    if (round < Math.ceil(rounds / 4)) theirs.fresh.push(await scrapeAtOnce(renewed));
  }
  for (const server of [ours, file, unchanged, renewed]) server.close();
  const row = (name: string, value: number[], beside: string, baseline: number[]) =>
    comparedRow(`${name}, ${series} series`, median(value), 'ms', { name: beside, value: median(baseline) }, null);
  return [
    row('10 scrapers at once, unchanged snapshot', times.ours, 'node:http with a fixed buffer', times.file),
    row('10 scrapers at once, unchanged snapshot', times.ours, 'prom-client 15, metrics()', theirs.unchanged),
    row('10 scrapers at once, new snapshot', times.fresh, 'prom-client 15, set and metrics()', theirs.fresh),
  ];
}

/** The garbage that a scrape creates, compared with prom-client. */
export async function garbagePerScrape({ series, servers, sessions, rounds }: ScrapedFleet): Promise<Row[]> {
  const times = Math.min(rounds, 20);
  const views = Array.from({ length: times }, () => crowdedView(servers, sessions));
  let view = crowdedView(servers, sessions);
  const exposition = createExposition({
    view: () => view,
    self: sampleSelfMetrics(),
    exposure: () => WHOLE_EXPOSURE,
    onError: rethrow,
  });
  const scrape = () => exposition.scrape({ accept: undefined, acceptEncoding: 'identity' });
  const rival = new PromClientFleet();
  rival.prepare(view);
  await scrape();
  await rival.render();
  const unchanged = await perTime(times, scrape);
  const fresh = await perTime(times, (time) => {
    view = views[time] ?? view;
    return scrape();
  });
  const theirs = await perTime(times, () => rival.expose());
  const theirsFresh = await perTime(times, () => rival.render());
  const rowsOf = (kind: string, ours: Cost, others: Cost) => [
    comparedRow(
      `allocated by a scrape of ${kind}, ${series} series`,
      ours.kilobytes,
      'kB',
      { name: 'prom-client 15', value: others.kilobytes },
      null,
    ),
    comparedRow(
      `garbage collection by a scrape of ${kind}, ${series} series`,
      ours.ms,
      'ms',
      { name: 'prom-client 15', value: others.ms },
      null,
    ),
  ];
  return [...rowsOf('an unchanged snapshot', unchanged, theirs), ...rowsOf('a new snapshot', fresh, theirsFresh)];
}

interface Cost {
  readonly kilobytes: number;
  readonly ms: number;
}

async function perTime(times: number, work: (time: number) => Promise<unknown>): Promise<Cost> {
  const { bytes, collectionMs } = await garbageOf(async () => {
    for (let time = 0; time < times; time++) await work(time);
  });
  return { kilobytes: bytes / 1000 / times, ms: collectionMs / times };
}

/** Each has its own connection, like different scrapers. */
async function scrapeAtOnce(server: Server): Promise<number> {
  const agent = new Agent({ keepAlive: true });
  const begun = performance.now();
  await Promise.all(Array.from({ length: SCRAPERS }, () => fetchAll(server, agent)));
  const ms = performance.now() - begun;
  agent.destroy();
  return ms;
}

function plain(body: Buffer): Scrape {
  return { headers: { 'Content-Type': 'text/plain', 'Content-Length': String(body.length) }, chunks: [body] };
}

function rethrow(error: Error): never {
  throw error;
}
