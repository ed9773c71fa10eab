import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/machine/eventually.ts';
import { NATS_SERVER, NatsServer } from '../support/world/nats.ts';
import { makeStreams, publishEvents, publishReport } from './read/support/fleet-publisher.ts';
import { WatchedFleet } from './read/support/watched-fleet.ts';

/** Left out without a nats-server: `GOTOOLCHAIN=local go install github.com/nats-io/nats-server/v2@v2.15.2` installs one. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('A fleet', () => {
  let nats: NatsServer;
  let watched: WatchedFleet[];

  beforeEach(async () => {
    nats = await NatsServer.start([]);
    watched = [];
  });

  afterEach(async () => {
    for (const fleet of watched) await fleet.stop();
    await nats.cleanup();
  });

  async function watch(
    ...choices: ConstructorParameters<typeof WatchedFleet> extends [unknown, ...infer R] ? R : never
  ) {
    const fleet = new WatchedFleet([nats.port], ...choices);
    watched.push(fleet);
    await fleet.ready();
    return fleet;
  }

  it('has the events that the bus holds, and tells of each new one once, in order', async () => {
    await nats.asOperator(async (connection) => {
      await makeStreams(connection);
      await publishEvents(connection, 'build7', 1, 3);
      await publishReport(connection, 'build7');
    });
    const { fleet, events, titles, happened } = await watch();
    expect(fleet.log.after(0).map(({ event }) => event.id)).toEqual(['abc-1', 'abc-2', 'abc-3']);
    expect(fleet.host('build7')).toMatchObject({ state: 'present', counts: { up: 1, gone: 1 }, behind: 0 });
    expect(events).toEqual([]);
    expect(titles).toEqual([]);

    await nats.asOperator((connection) => publishEvents(connection, 'build7', 4, 6));
    await eventually('the new events came', () => events.length === 3);
    expect(events.map(({ seq, name, type }) => [seq, name, type])).toEqual([
      [4, 'build7', 'session-created'],
      [5, 'build7', 'session-created'],
      [6, 'build7', 'session-created'],
    ]);
    expect(events[0]?.event).toMatchObject({ id: 'abc-4', name: 'build7' });
    expect(happened.filter((text) => !text.startsWith('info'))).toEqual(['up']);
  });
});
