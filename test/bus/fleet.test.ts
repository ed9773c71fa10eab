import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { FleetEvent } from '../../src/core/fleet/fleet-log.ts';
import { eventually } from '../support/machine/eventually.ts';
import { CuttingProxy } from '../support/world/cutting-proxy.ts';
import { NATS_SERVER, NatsServer } from '../support/world/nats.ts';
import { makeStreams, publishEvent, publishEvents, publishReport } from './read/support/fleet-publisher.ts';
import { eventJson } from './read/support/messages.ts';
import { type FleetChoices, MovableClock, WatchedFleet } from './read/support/watched-fleet.ts';

/** Left out without a nats-server: `GOTOOLCHAIN=local go install github.com/nats-io/nats-server/v2@v2.15.2` installs one. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

const SILENT_AFTER_MS = 180_000;
const FORGET_AFTER_MS = 604_800_000;

withNats('A fleet on a bus', () => {
  let nats: NatsServer;
  let watched: WatchedFleet[];

  beforeEach(async () => {
    nats = await NatsServer.start(['build7']);
    watched = [];
  });

  afterEach(async () => {
    for (const fleet of watched) await fleet.stop();
    await nats.cleanup();
  });

  const bus = <T>(work: (connection: NatsConnection) => Promise<T>) => nats.asOperator(work);
  const publish = (name: string, from: number, to: number) => bus((at) => publishEvents(at, name, from, to));
  const streams = (settings: Partial<StreamConfig> = {}) => bus((at) => makeStreams(at, settings));
  const managed = <T>(work: (streams: Awaited<ReturnType<typeof jetstreamManager>>['streams']) => Promise<T>) =>
    bus(async (at) => work((await jetstreamManager(at)).streams));

  function begin(choices: FleetChoices = {}, port = nats.port): WatchedFleet {
    const fleet = new WatchedFleet([port], choices);
    watched.push(fleet);
    return fleet;
  }

  async function read(choices: FleetChoices = {}, port = nats.port): Promise<WatchedFleet> {
    const fleet = begin(choices, port);
    await fleet.ready();
    return fleet;
  }

  /** Lets something happen, and puts the bus back to its store of before. */
  async function losing(work: () => Promise<void>): Promise<void> {
    await nats.kill();
    const copy = nats.copyStore();
    await nats.restart();
    await work();
    await nats.kill();
    nats.restoreStore(copy);
    await nats.restart();
  }

  it('has the events that the bus holds, and tells of each new one once, in order', async () => {
    await streams();
    await publish('build7', 1, 3);
    await bus((at) => publishReport(at, 'build7'));
    const fleet = await read();
    expect(idsOf(fleet.log.after(0))).toEqual(['build7:abc-1', 'build7:abc-2', 'build7:abc-3']);
    expect(fleet.fleet.host('build7')).toMatchObject({ state: 'present', counts: { up: 1, gone: 1 }, behind: 0 });
    expect(fleet.ids).toEqual([]);

    await publish('build7', 4, 6);
    await fleet.told(3);
    expect(fleet.ids).toEqual(['build7:abc-4', 'build7:abc-5', 'build7:abc-6']);
    expect(fleet.events.map(({ seq, name, type }) => [seq, name, type])).toEqual(
      [4, 5, 6].map((seq) => [seq, 'build7', 'session-created']),
    );
    expect(JSON.parse(fleet.events[0]?.json ?? '')).toEqual({ ...eventJson(4), name: 'build7' });
    expect(fleet.counted).toEqual(['read']);
  });

  it('says by the clock of the bus when an event was stored, and what time it is, though the clock of the hub is wrong', async () => {
    await streams();
    const begunAt = Date.now();
    await publish('build7', 1, 1);
    const storedBy = Date.now();
    const clock = new MovableClock();
    clock.now = () => Date.now() + 3_600_000;
    const { fleet } = await read({ clock });
    const storedAt = fleet.log.after(0)[0]?.storedAt ?? 0;
    expect([storedAt >= begunAt, storedAt <= storedBy]).toEqual([true, true]);
    expect(Math.abs(fleet.busTime - Date.now())).toBeLessThan(60_000);
  });

  it('goes on after the bus was away, with what happened meanwhile', async () => {
    await streams();
    const fleet = await read();
    await publish('build7', 1, 2);
    await fleet.told(2);
    await nats.kill();
    await eventually('the source is cut', () => !fleet.fleet.source.isUp);
    expect(idsOf(fleet.log.after(0))).toHaveLength(2);
    await nats.restart();
    await publish('build7', 3, 4);
    await fleet.told(4);
    expect(fleet.ids).toEqual([1, 2, 3, 4].map((seq) => `build7:abc-${seq}`));
    expect(fleet.fleet.source).toMatchObject({ isUp: true, downSince: null });
    expect(fleet.log.generation).toBe(0);
  }, 30_000);

  it('goes on after its connection was cut, again and again', async () => {
    await streams();
    const proxy = await CuttingProxy.start(nats.port);
    const fleet = await read({}, Number(new URL(proxy.url).port));
    for (const round of [0, 1, 2]) {
      await publish('build7', 2 * round + 1, 2 * round + 1);
      proxy.cut();
      await publish('build7', 2 * round + 2, 2 * round + 2);
      await fleet.told(2 * round + 2);
    }
    expect(fleet.ids).toEqual([1, 2, 3, 4, 5, 6].map((seq) => `build7:abc-${seq}`));
    await fleet.stop();
    await proxy.close();
  }, 30_000);

  it('goes on after the bus answered nothing for some seconds', async () => {
    await streams();
    const fleet = await read();
    nats.freeze();
    await eventually('the source is cut', () => !fleet.fleet.source.isUp);
    nats.wake();
    await publish('build7', 1, 1);
    await fleet.told(1);
    expect(fleet.ids).toEqual(['build7:abc-1']);
  }, 60_000);

  it('goes on after its stream was purged', async () => {
    await streams();
    const fleet = await read();
    await publish('build7', 1, 3);
    await fleet.told(3);
    await managed((all) => all.purge('TMUX_EVENTS'));
    await publish('build7', 4, 4);
    await fleet.told(4);
    await eventually('it knows what the bus holds', () => fleet.log.first === 4);
    expect(fleet.log.generation).toBe(0);

    const next = await read();
    expect(idsOf(next.log.after(0))).toEqual(['build7:abc-4']);
    expect(await next.log.readCursor(fleet.log.cursorAt(2))).toEqual({ kind: 'at', seq: 2 });
    expect(next.log.missingAfter(2)).toBe(1);
  }, 30_000);

  it('has an end, too, if nothing is in its stream after a purge', async () => {
    await streams();
    await publish('build7', 1, 3);
    await managed((all) => all.purge('TMUX_EVENTS'));
    const { log } = await read();
    expect([log.head, log.oldest, log.first, log.after(0).length, log.missingAfter(1)]).toEqual([3, 4, 4, 0, 2]);
    expect(await log.readCursor(log.cursorAt(3))).toEqual({ kind: 'at', seq: 3 });
  });

  it('is another log if its stream was made anew', async () => {
    await streams();
    const fleet = await read();
    await publish('build7', 1, 2);
    await fleet.told(2);
    const [cursor, { epoch }] = [fleet.log.cursorAt(2), fleet.log];
    await managed((all) => all.delete('TMUX_EVENTS'));
    await managed((all) => all.delete('TMUX_HOSTS'));
    await streams();
    await publish('build7', 3, 4);
    await fleet.told(4);
    expect(fleet.ids).toEqual([1, 2, 3, 4].map((seq) => `build7:abc-${seq}`));
    expect(fleet.log.epoch).not.toBe(epoch);
    expect(fleet.log.generation).toBe(1);
    expect(idsOf(fleet.log.after(0))).toEqual(['build7:abc-3', 'build7:abc-4']);
    expect(await fleet.log.readCursor(cursor)).toEqual({ kind: 'unservable', reason: 'epoch' });
  }, 30_000);

  it('is another log if its stream went back, though it is as long again', async () => {
    await streams();
    const fleet = await read();
    await publish('build7', 1, 3);
    let [kept, lost] = ['', ''];
    await losing(async () => {
      await publish('build7', 4, 6);
      await fleet.told(6);
      [kept, lost] = [fleet.log.cursorAt(3), fleet.log.cursorAt(6)];
    });
    // Another host is faster, and this one puts back what was lost.
    await publish('build8', 1, 4);
    await publish('build7', 4, 7);
    await fleet.told(11);
    const all = (name: string, seqs: readonly number[]) => seqs.map((seq) => `${name}:abc-${seq}`);
    expect(fleet.ids).toEqual([...all('build7', [1, 2, 3, 4, 5, 6]), ...all('build8', [1, 2, 3, 4]), 'build7:abc-7']);
    expect(idsOf(fleet.log.after(0))).toEqual([
      ...all('build7', [1, 2, 3]),
      ...all('build8', [1, 2, 3, 4]),
      ...all('build7', [4, 5, 6, 7]),
    ]);
    expect(fleet.counted).toContain('reopened rewound');
    expect(fleet.log.generation).toBe(1);
    expect(await fleet.log.readCursor(kept)).toEqual({ kind: 'at', seq: 3 });
    expect(await fleet.log.readCursor(lost)).toEqual({ kind: 'unservable', reason: 'epoch' });

    const fresh = await read();
    expect(await fresh.log.readCursor(lost)).toEqual({ kind: 'unservable', reason: 'epoch' });
    expect(fresh.log.cursorAt(3)).toBe(kept);
  }, 60_000);

  it('tells of what is put back after its stream went back, to who has not read the former log', async () => {
    await streams();
    const fleet = await read();
    await publish('build7', 1, 3);
    await losing(async () => {
      await publish('build7', 4, 6);
      await fleet.told(6);
    });
    await eventually('it is another log', () => fleet.log.generation === 1 && fleet.fleet.source.isWhole);
    expect(fleet.again).toEqual([]);
    await publish('build7', 4, 7);
    await fleet.told(7);
    expect(fleet.ids).toEqual([1, 2, 3, 4, 5, 6, 7].map((seq) => `build7:abc-${seq}`));
    expect(idsOf(fleet.again)).toEqual([4, 5, 6].map((seq) => `build7:abc-${seq}`));
  }, 60_000);

  it('is whole once it was read, and again once a log that went back was read again', async () => {
    await streams();
    await publish('build7', 1, 3);
    const fleet = begin();
    const { source } = fleet.fleet;
    expect([source.hasRead, source.isWhole]).toEqual([false, false]);
    await fleet.ready();
    expect(source.isWhole).toBe(true);
    await losing(async () => {
      await publish('build7', 4, 6);
      await fleet.told(3);
    });
    await eventually('the log is another', () => fleet.counted.some((text) => text.startsWith('remade')));
    expect(fleet.counted).toContain('remade');
    await eventually('it is whole', () => source.isWhole);
    expect([source.hasRead, fleet.log.head]).toEqual([true, 3]);
  }, 60_000);

  it('refuses and counts what is no event of its exporter, and tells no event twice', async () => {
    await streams({ duplicate_window: 100_000_000 });
    const fleet = await read();
    const put = (event: Record<string, unknown>, entries: Readonly<Record<string, string>> = {}) =>
      bus((at) => publishEvent(at, 'build7', event, entries));
    await put(eventJson(1));
    await put(eventJson(2, { type: 'server-up', v: 2 }));
    await put(eventJson(3), { 'Nats-Msg-Id': 'build8:abc-3' });
    await put(eventJson(4), { 'Nats-Stream': 'TMUX_EVENTS' });
    await put(eventJson(5, { host: '' }));
    await put(eventJson(6));
    await eventually('the dedup window is over', async () => {
      await put(eventJson(1));
      return fleet.counted.includes('duplicate');
    });
    await put(eventJson(7));
    await fleet.told(3);
    expect(fleet.ids).toEqual(['build7:abc-1', 'build7:abc-6', 'build7:abc-7']);
    const [first, ...refused] = fleet.counted;
    expect(first).toBe('read');
    expect(refused.slice(0, 4)).toEqual(['rejected body', 'rejected id', 'rejected replayed', 'rejected host']);
    expect(refused.slice(4).every((text) => text === 'duplicate')).toBe(true);
    expect(idsOf(fleet.log.after(0))).toEqual(fleet.ids);
  }, 30_000);

  it('reads older events from the bus', async () => {
    await streams();
    await publish('build7', 1, 40);
    const [fleet, large] = [await read({ history: 10 }), await read()];
    const { log } = fleet;
    expect([log.first, log.oldest, log.head]).toEqual([1, 31, 40]);
    const older = (await log.older(20, 100))?.events ?? [];
    expect(older.map(({ seq }) => seq)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect(older.map(({ cursor }) => cursor)).toEqual(older.map(({ seq }) => large.log.cursorAt(seq)));
    expect((await log.older(0, 4))?.events.map(({ seq }) => seq)).toEqual([27, 28, 29, 30]);
    expect((await log.older(30, 4))?.events).toEqual([]);
    expect(await log.readCursor(large.log.cursorAt(7))).toEqual({ kind: 'at', seq: 7 });
    expect(await log.readCursor(`${log.epoch}-7.0001`)).toEqual({ kind: 'unservable', reason: 'epoch' });
    expect(await log.readCursor(`${log.epoch}-41.0001`)).toEqual({ kind: 'unservable', reason: 'future' });
    expect(await log.readCursor('abc-7')).toEqual({ kind: 'unservable', reason: 'malformed' });
    expect([log.missingAfter(0), log.missingAfter(35)]).toEqual([0, 0]);
  });

  it('gives no older events while the bus is away', async () => {
    await streams();
    await publish('build7', 1, 20);
    const { fleet } = await read({ history: 5 });
    await nats.kill();
    await eventually('the source is cut', () => !fleet.source.isUp);
    expect(await fleet.log.older(0, 100)).toBeNull();
    expect(fleet.log.after(0).map(({ seq }) => seq)).toEqual([16, 17, 18, 19, 20]);
  }, 30_000);

  it('knows what is missing where the stream has holes', async () => {
    await streams({ max_msgs_per_subject: 2 });
    await publish('build7', 1, 1);
    await publish('build8', 1, 5);
    await publish('build7', 2, 2);
    await publish('build9', 1, 3);
    // Left are 1 and 7 of build7, 5 and 6 of build8, 9 and 10 of build9.
    const { fleet } = await read();
    expect(fleet.log.after(0).map(({ seq }) => seq)).toEqual([1, 5, 6, 7, 9, 10]);
    expect([0, 1, 3, 4, 5, 7, 8, 10].map((seq) => fleet.log.missingAfter(seq))).toEqual([4, 4, 2, 1, 1, 1, 0, 0]);
    const small = await read({ history: 5 });
    expect([small.log.oldest, small.log.head]).toEqual([6, 10]);
    const older = await small.log.older(0, 100);
    expect(older?.events.map(({ seq }) => seq)).toEqual([1, 5]);
    expect([1, 2, 4, 5, 9].map((seq) => older?.missingUpTo(seq))).toEqual([0, 1, 3, 3, 3]);
    expect([small.log.missingAfter(0), small.log.missingAfter(8)]).toEqual([1, 0]);
    expect((await small.log.older(4, 1))?.missingUpTo(5)).toBe(0);
    expect((await small.log.older(0, 2))?.events.map(({ seq }) => seq)).toEqual([1, 5]);
  });

  it('misses nothing that left the bus but is in memory', async () => {
    await streams();
    await publish('build7', 1, 6);
    const [{ log }, small] = [(await read()).fleet, (await read({ history: 3 })).fleet];
    await bus(async (at) => (await jetstreamManager(at)).streams.purge('TMUX_EVENTS'));
    await eventually('both know it', () => log.first === 7 && small.log.first === 7);
    expect([0, 3, 6].map((seq) => log.missingAfter(seq))).toEqual([0, 0, 0]);
    expect([0, 2, 3, 6].map((seq) => small.log.missingAfter(seq))).toEqual([3, 1, 0, 0]);
  });

  it('has the hosts: present, silent, left and forgotten', async () => {
    await streams();
    const clock = new MovableClock();
    const watching = await read({ clock });
    const { fleet } = watching;
    await bus(async (at) => {
      await publishReport(at, 'build7', { head: 4 });
      await publishReport(at, 'build8', { state: 'left' });
      await publishReport(at, 'build9', { servers: 'many' });
    });
    await eventually('the hosts are there', () => watching.counted.includes('rejected body'));
    const states = () => fleet.hosts().map(({ name, state }) => [name, state]);
    expect(states()).toEqual([
      ['build7', 'present'],
      ['build8', 'left'],
    ]);
    expect(Math.abs((fleet.host('build7')?.lastSeen ?? 0) - Date.now())).toBeLessThan(10_000);
    clock.pass(SILENT_AFTER_MS + 1_000);
    expect(states()).toEqual([
      ['build7', 'silent'],
      ['build8', 'left'],
    ]);
    clock.pass(FORGET_AFTER_MS);
    expect(states()).toEqual([]);
  });

  it('takes a report without the servers that it cannot read, and counts it', async () => {
    await streams();
    const watching = await read();
    await bus((at) => publishReport(at, 'build7', { servers: [null] }));
    await eventually('the host is there', () => watching.fleet.host('build7')?.servers?.length === 0);
    expect(watching.counted).toContain('rejected body');
  });

  it('says once that a host reports itself too seldom', async () => {
    await streams();
    const fleet = await read();
    for (const _ of [1, 2]) await bus((at) => publishReport(at, 'build7', { heartbeat_ms: SILENT_AFTER_MS }));
    await bus((at) => publishReport(at, 'build8'));
    await eventually('both are there', () => fleet.fleet.hosts().length === 2);
    expect(fleet.happened.filter((text) => text.includes('hub.silent_after'))).toEqual([
      expect.stringContaining('build7 reports itself every'),
    ]);
  });

  it('takes no host for silent while the source is cut', async () => {
    await streams();
    await bus((at) => publishReport(at, 'build7'));
    const clock = new MovableClock();
    const { fleet } = await read({ clock });
    await nats.kill();
    await eventually('the source is cut', () => !fleet.source.isUp);
    clock.pass(2 * SILENT_AFTER_MS);
    expect(fleet.host('build7')?.state).toBe('present');
  }, 30_000);

  it('knows how far a host is behind', async () => {
    await streams();
    await publish('build7', 1, 3);
    await bus((at) => publishReport(at, 'build7', { head: 10 }));
    const { fleet } = await read();
    expect(fleet.host('build7')?.behind).toBe(7);
    await publish('build7', 6, 10);
    await eventually('only the jump is left', () => fleet.host('build7')?.behind === 2);
  });

  it('forgets a host on the bus, and so on other hubs', async () => {
    await streams();
    await bus((at) => publishReport(at, 'build7', { state: 'left' }));
    const clock = new MovableClock();
    const [{ fleet }, other] = [await read(), await read({ clock })];
    expect(await fleet.forget('build8')).toEqual({ kind: 'unknown' });
    expect(await fleet.forget('build7')).toEqual({ kind: 'forgotten' });
    expect(fleet.hosts()).toEqual([]);
    expect(await nats.messages('TMUX_HOSTS')).toEqual([]);
    clock.pass(10_000);
    await eventually('the other hub forgot it', () => other.fleet.hosts().length === 0);
    await bus((at) => publishReport(at, 'build7'));
    await eventually('it is back', () => fleet.hosts().length === 1 && other.fleet.hosts().length === 1);
  }, 30_000);

  it('says which right is missing to forget a host', async () => {
    await streams();
    await bus((at) => publishReport(at, 'build7'));
    const { fleet } = await read({ user: 'onlooker' });
    expect(await fleet.forget('build7')).toEqual({
      kind: 'failed',
      problem: expect.stringContaining('the right to publish $JS.API.STREAM.PURGE.TMUX_HOSTS'),
    });
    expect(fleet.hosts()).toHaveLength(1);
  });

  it('says that there is no stream, and is read once there is', async () => {
    const fleet = begin();
    await eventually('it says so', () => fleet.happened.some((text) => text.includes('no stream TMUX_EVENTS')));
    expect(fleet.fleet.source).toMatchObject({ isUp: false, hasRead: false });
    await streams();
    await fleet.ready();
    expect([fleet.log.head, fleet.log.oldest, fleet.log.first]).toEqual([0, 1, 1]);
    await publish('build7', 1, 1);
    await fleet.told(1);
  }, 30_000);

  it('says that a key may not read it', async () => {
    await streams();
    const fleet = begin({ user: 'build7' });
    await eventually('it says so', () =>
      fleet.happened.some((text) => text.includes('$JS.API.STREAM.INFO.TMUX_EVENTS')),
    );
    expect(fleet.fleet.source.isUp).toBe(false);
  }, 30_000);
});

function idsOf(events: readonly FleetEvent[]): string[] {
  return events.map(({ name, event }) => `${name}:${event.id}`);
}
