import { describe, expect, it } from '@jest/globals';
import { fleetStorm } from '../support/fleet/storm.ts';
import { SEED } from '../support/sample/seed.ts';
import { NATS_SERVER } from '../support/world/nats.ts';

/** Left out without a nats-server. `npm run bench -- fleet-chaos` is the long form. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

/** Those that take longest, and all that end in the same way as another one, are left to the long form. */
const TROUBLES = [
  'a node is partitioned',
  'all nodes get old copies of their stores',
  'the stream is purged',
  'a hub is killed',
  'followers change hubs',
  'publishers are killed',
  'an exporter is killed',
];

withNats('A fleet to which everything happens', () => {
  it(`is heard truly: each event once, in the order of its host (FUZZ_SEED=${SEED})`, async () => {
    const steps: string[] = [];
    const report = await fleetStorm({
      onStep: (text) => steps.push(`${new Date().toISOString()} ${text}`),
      seed: SEED,
      simulated: 8,
      exporters: 1,
      servers: 2,
      hubs: 2,
      eventsPerSecond: 15,
      times: { stoppedMs: 3_000, partitionMs: 8_000, fullMs: 3_000, awayMs: 500 },
      troubles: TROUBLES,
    });

    expect(report).toMatchObject({ misstored: [], unstored: [], untold: [] });
    const wrong = report.judgements
      .map((judgement, ear) => ({ ear, ...judgement }))
      .filter(({ missed, twice, disorder, invented }) => [missed, twice, disorder, invented].flat().length > 0);
    // What happened before says why.
    expect(wrong.length === 0 ? [] : { wrong, steps, reopened: report.reopened }).toEqual([]);
    expect(report.deaths).toBeGreaterThan(10);
  }, 300_000);
});
