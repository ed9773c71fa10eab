import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { type Bus, startBus } from '../../src/bus/bus.ts';
import type { BusClock } from '../../src/bus/bus-clock.ts';
import { EVENT_STREAM, HOST_STREAM } from '../../src/bus/stream/streams.ts';
import { MemoryBusMarks } from '../../src/core/fleet/bus-mark.ts';
import { MemoryLog } from '../../src/core/registry/memory-log.ts';
import { randomDraft } from '../support/fleet/random-events.ts';
import { eventually } from '../support/machine/eventually.ts';
import { accessOf, NATS_SERVER, NatsServer } from '../support/world/nats.ts';
import { makeStreams } from './read/support/fleet-publisher.ts';

/** Its waits are ten times as short. */
const HASTY_CLOCK: BusClock = {
  now: () => Date.now(),
  uptime: () => performance.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms / 10);
    return () => clearTimeout(timer);
  },
};

/** Left out without a nats-server. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('The bus of an exporter', () => {
  let nats: NatsServer;
  let bus: Bus;
  let said: string[];
  let refused: string[];
  let published: string[];
  let history: MemoryLog;

  beforeEach(async () => {
    nats = await NatsServer.start(['build7']);
    await nats.asOperator((at) => makeStreams(at));
    [said, refused, published] = [[], [], []];
    history = new MemoryLog('abc', { host: 'build7.example.org', bootId: null });
  });

  afterEach(async () => {
    await bus.stop(false);
    await nats.cleanup();
  });

  it('says once that the report about its host is refused, and counts each refusal', async () => {
    await takeReports(100);
    begin();
    await eventually('three reports are refused', () => refused.length >= 3);
    expect(said).toEqual([
      `info: connected to the bus at 127.0.0.1:${nats.port} as build7`,
      expect.stringMatching(
        /^error: the bus does not take the report of this exporter \(.*10054.*\), so the hubs will/,
      ),
    ]);
    expect(new Set(refused)).toEqual(new Set(['too_large']));
  });

  it('says it again if a report was taken meanwhile', async () => {
    await takeReports(100);
    begin();
    await eventually('it says so', () => said.length === 2);
    await takeReports(65_536);
    await eventually('a report is taken', async () => (await nats.messages(HOST_STREAM)).length === 1);
    await takeReports(100);
    await eventually('it says so again', () => said.length === 3);
    expect(said[2]).toBe(said[1]);
  });

  it('puts back what the stream lost, also if nothing happens any more', async () => {
    begin();
    await emit(3);
    await nats.kill();
    const copy = nats.copyStore();
    await nats.restart();
    await emit(3);
    await nats.kill();
    nats.restoreStore(copy);
    await nats.restart();
    const places = async () => (await nats.messages(EVENT_STREAM)).map(({ id }) => id);
    await eventually('all are there', async () => (await places()).length === 6);
    expect(await places()).toEqual([1, 2, 3, 4, 5, 6].map((seq) => `build7:abc-${seq}`));
    expect(published).toEqual([...Array(6).fill('stored'), ...Array(3).fill('healed')]);
  }, 30_000);

  /** Lets events happen, and waits until they are published. */
  async function emit(events: number): Promise<void> {
    for (let event = 0; event < events; event++)
      history.append(
        randomDraft(() => 0.5),
        Date.now(),
      );
    bus.onEvent();
    await eventually('they are published', () => bus.outbox.events === 0);
  }

  function begin(): void {
    bus = startBus({
      access: accessOf([nats.port], 'build7'),
      prefix: 'tmux',
      heartbeatMs: 1_000,
      name: 'build7',
      host: 'build7.example.org',
      version: '0.1.0',
      advertise: null,
      history,
      renew: () => null,
      isStored: () => true,
      marks: new MemoryBusMarks(),
      records: () => [],
      observer: {
        published: (result) => published.push(result),
        refused: (reason) => refused.push(reason),
        stored: () => {},
        report: (level, message) => said.push(`${level}: ${message}`),
      },
      clock: HASTY_CLOCK,
      random: () => 0.5,
    });
  }

  /** From now on the stream takes reports of this size at most. */
  function takeReports(max_msg_size: number): Promise<unknown> {
    return nats.asOperator(async (at) => (await jetstreamManager(at)).streams.update(HOST_STREAM, { max_msg_size }));
  }
});
