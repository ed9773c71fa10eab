import { Agent } from 'node:http';
import type { FleetView } from '../../src/core/record/view.ts';
import { createExposition } from '../../src/metrics/exposition.ts';
import { PollFailures } from '../../src/metrics/families/poll-failures.ts';
import { ViewParts } from '../../src/metrics/render/view-part.ts';
import { TEXT } from '../../src/metrics/text/exposition-format.ts';
import { WHOLE_EXPOSURE } from '../support/daemon/exposure.ts';
import { sampleSelfMetrics } from '../support/daemon/self-metrics.ts';
import { PromClientFleet } from '../support/judges/prom-client-fleet.ts';
import { crowdedView } from '../support/sample/fleet.ts';
import { fetchAll, serveScrapes } from '../support/world/scrape-server.ts';
import { comparedRow, median, plainRow, type Row } from './row.ts';
import { garbagePerScrape, tenScrapers } from './scrapers.ts';

/** Fleets of about 1,000, 10,000 and 100,000 series. */
const FLEETS = [
  { series: '1,000', servers: 5, sessions: 9, rounds: 400, layouts: 25 },
  { series: '10,000', servers: 10, sessions: 51, rounds: 100, layouts: 25 },
  { series: '100,000', servers: 50, sessions: 103, rounds: 10, layouts: 5 },
] as const;

const GETS_PER_LAYOUT = 40;

type Fleet = (typeof FLEETS)[number];

/** The cost of a scrape: of a new snapshot, a partly new one, one already rendered, ten at once; and how long the event loop is blocked. */
export async function* bench(): AsyncGenerator<Row> {
  for (const fleet of FLEETS) {
    yield await newSnapshot(fleet);
    yield await oneNewServer(fleet);
    yield await loopHeld(fleet);
    for (const encoding of ['identity', 'gzip']) yield await unchangedSnapshot(fleet, encoding);
    yield* await tenScrapers(fleet);
    yield* await garbagePerScrape(fleet);
  }
}

async function newSnapshot({ series, servers, sessions, rounds }: Fleet): Promise<Row> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const rival = new PromClientFleet();
  let view: FleetView = crowdedView(servers, sessions);
  const parts = new ViewParts(
    () => view,
    new PollFailures(),
    () => WHOLE_EXPOSURE,
  );
  for (let round = 0; round < rounds; round++) {
    view = crowdedView(servers, sessions);
    rival.prepare(view);
    ours.push(await timed(() => parts.in(TEXT)));
    theirs.push(await timed(() => rival.render()));
  }
  const baseline = { name: 'prom-client 15, set and metrics()', value: median(theirs) };
  return comparedRow(
    `render a new snapshot, ${series} series`,
    median(ours),
    'ms',
    baseline,
    series === '1,000' ? null : 0.2,
  );
}

async function oneNewServer({ series, servers, sessions, rounds }: Fleet): Promise<Row> {
  let view = crowdedView(servers, sessions);
  const parts = new ViewParts(
    () => view,
    new PollFailures(),
    () => WHOLE_EXPOSURE,
  );
  const whole = await timed(() => parts.in(TEXT));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [fresh] = crowdedView(1, sessions).records;
    view = { ...view, records: fresh ? [fresh, ...view.records.slice(1)] : [] };
    times.push(await timed(() => parts.in(TEXT)));
  }
  const baseline = { name: 'all servers new, first time', value: whole };
  return comparedRow(`render with one new server of ${servers}, ${series} series`, median(times), 'ms', baseline, null);
}

async function loopHeld({ series, servers, sessions, rounds }: Fleet): Promise<Row> {
  const longest: number[] = [];
  let view: FleetView = crowdedView(servers, sessions);
  const exposition = createExposition({
    view: () => view,
    self: sampleSelfMetrics(),
    exposure: () => WHOLE_EXPOSURE,
    onError: rethrow,
  });
  for (let round = 0; round < rounds; round++) {
    view = crowdedView(servers, sessions);
    longest.push(await longestHold(() => exposition.scrape({ accept: undefined, acceptEncoding: 'gzip' })));
  }
  return plainRow(`event loop held by a scrape of a new snapshot, ${series} series`, median(longest), 'ms', 20);
}

async function unchangedSnapshot({ series, servers, sessions, layouts }: Fleet, acceptEncoding: string): Promise<Row> {
  const view = crowdedView(servers, sessions);
  const ours: number[] = [];
  const theirs: number[] = [];
  // The speed of sending a buffer varies by a third with its place in memory, so both get new buffers repeatedly.
  for (let layout = 0; layout < layouts; layout++) {
    const times = await compareGets(view, acceptEncoding);
    ours.push(times.ours);
    theirs.push(times.theirs);
  }
  const baseline = { name: 'node:http with a fixed buffer of that size', value: median(theirs) };
  const budget = series === '10,000' && acceptEncoding === 'identity' ? 1.3 : null;
  const name = `GET of an unchanged snapshot, ${series} series, ${acceptEncoding}`;
  return comparedRow(name, median(ours), 'ms', baseline, budget);
}

async function compareGets(view: FleetView, acceptEncoding: string): Promise<{ ours: number; theirs: number }> {
  const exposition = createExposition({
    view: () => view,
    self: sampleSelfMetrics(),
    exposure: () => WHOLE_EXPOSURE,
    onError: rethrow,
  });
  const request = { accept: undefined, acceptEncoding };
  const { headers, chunks } = await exposition.scrape(request);
  const fixed = { headers, chunks: [Buffer.concat(chunks)] };
  const [metrics, file] = [await serveScrapes(() => exposition.scrape(request)), await serveScrapes(async () => fixed)];
  const agent = new Agent({ keepAlive: true });
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round < GETS_PER_LAYOUT; round++) {
    ours.push(await timed(() => fetchAll(metrics, agent)));
    theirs.push(await timed(() => fetchAll(file, agent)));
  }
  agent.destroy();
  for (const server of [metrics, file]) server.close();
  return { ours: median(ours), theirs: median(theirs) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** The longest time between two turns of the event loop while `work` goes on. */
async function longestHold(work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  let isDone = false;
  const turn = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  await work();
  isDone = true;
  turn();
  return longest;
}

function rethrow(error: Error): never {
  throw error;
}
