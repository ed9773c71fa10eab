import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { wantedStreams } from '../../src/bus/stream/streams.ts';
import { accessOf } from '../support/fleet/fleet-access.ts';
import type { Reception } from '../support/fleet/fleet-follower.ts';
import { judgeFollower } from '../support/fleet/fleet-judge.ts';
import { SimulatedHost } from '../support/fleet/simulated-host.ts';
import { Truth } from '../support/fleet/truth.ts';
import { eventually } from '../support/machine/eventually.ts';
import { seededRandom } from '../support/sample/random.ts';
import { SEED } from '../support/sample/seed.ts';
import { NATS_SERVER, NatsServer } from '../support/world/nats.ts';

const NAMES = Array.from({ length: 20 }, (_, number) => `sim${number}`);
const ROUNDS = 6;

/** Left out without a nats-server. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('The publishers of twenty hosts', () => {
  let nats: NatsServer;
  let truth: Truth;
  let hosts: SimulatedHost[];

  beforeEach(async () => {
    nats = await NatsServer.start(NAMES);
    await nats.asOperator(async (connection) => {
      const { streams } = await jetstreamManager(connection);
      const wishes = { prefix: 'tmux', replicas: 1, maxAgeMs: 3_600_000, maxBytes: 2 ** 26 };
      for (const { name, settings } of wantedStreams(wishes)) await streams.add({ name, ...settings } as never);
    });
    truth = new Truth();
    const random = seededRandom(SEED);
    const access = (name: string) => accessOf(name, [`127.0.0.1:${nats.port}`]);
    hosts = NAMES.map((name) => new SimulatedHost({ name, access: access(name), truth, random }));
  });

  afterEach(async () => {
    for (const host of hosts) await host.end();
    await nats.cleanup();
  });

  it('publish every event once, in order, though they are killed and the bus is', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      for (const host of hosts) host.emit();
      if (round % 2 === 0) await Promise.all(hosts.map((host) => host.restart()));
      if (round === 3) {
        await nats.kill();
        for (const host of hosts) host.emit();
        await nats.restart();
      }
    }
    await allPublished();

    const judgement = judgeFollower(truth, await receptions());
    expect(judgement).toMatchObject({ missed: [], twice: [], disorder: [], invented: [] });
    expect(truth.size).toBe(NAMES.length * (ROUNDS + 1));
  }, 60_000);

  it('put back what the bus lost', async () => {
    for (const host of hosts) host.emit();
    await allPublished();
    await nats.kill();
    const copy = nats.copyStore();
    await nats.restart();
    for (const host of hosts) host.emit();
    await allPublished();
    const before = await receptions();
    await nats.kill();
    nats.restoreStore(copy);
    await nats.restart();
    for (const host of hosts) host.emit();
    await allPublished();

    const now = await receptions();
    expect(judgeFollower(truth, now)).toMatchObject({ missed: [], twice: [], disorder: [], healed: 0 });
    expect(judgeFollower(truth, [...before, ...now.slice(NAMES.length)])).toMatchObject({
      missed: [],
      twice: [],
      disorder: [],
      healed: NAMES.length,
    });
    // A judge that knows of nothing that was put back sees it.
    expect(judgeFollower(truth, [...before, ...before]).twice).not.toEqual([]);
  }, 60_000);

  async function allPublished(): Promise<void> {
    await eventually('all is published', () => hosts.every(({ waiting }) => waiting === 0));
  }

  async function receptions(): Promise<Reception[]> {
    const messages = await nats.messages('TMUX_EVENTS');
    return messages.map(({ id, subject }) => {
      const [name = '', eventId = ''] = id.split(':');
      return { kind: 'event', name, id: eventId, type: subject.split('.').at(-1) ?? '', at: 0, url: '' };
    });
  }
});
