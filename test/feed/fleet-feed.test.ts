import { afterEach, describe, expect, it } from '@jest/globals';
import type { FeedOptions } from '../../src/feed/options.ts';
import { fleetHost, fleetServer, hostEvent } from '../support/fleet/fleet-sample.ts';
import { MemoryFleet } from '../support/fleet/memory-fleet.ts';
import { FeedServer, FleetFeedServer } from './support/feed-server.ts';
import { dataOf } from './support/reader.ts';

const EPOCH = '0123456789ab';

let server: FleetFeedServer | FeedServer;

afterEach(() => server.stop());

async function serve(fleet = new MemoryFleet(), options: Partial<FeedOptions> = {}): Promise<FleetFeedServer> {
  const served = await new FleetFeedServer(fleet, options).listen();
  server = served;
  return served;
}

describe('the feed of a fleet', () => {
  it('says whose events it serves, how many hosts there are, and how they are', async () => {
    const fleet = new MemoryFleet();
    fleet.setHosts(
      fleetHost('b', { counts: { up: 2, unresponsive: 1 }, behind: 3 }),
      fleetHost('a', { state: 'left' }),
    );
    fleet.push('a', hostEvent('a', 1));
    const [, hello, snapshot] = await (await (await serve(fleet)).open()).take(3);
    const cursor = fleet.log.cursorAt(1);
    expect(dataOf(hello ?? null)).toEqual({
      type: 'hello',
      id: cursor,
      epoch: EPOCH,
      host: 'box',
      head: cursor,
      oldest: cursor,
      scope: 'fleet',
      hosts: 2,
      heartbeat_ms: 15_000,
      resumed: false,
      replayed: 0,
    });
    const common = { last_seen: '2026-01-02T03:04:05.000Z' };
    expect(dataOf(snapshot ?? null)).toEqual({
      type: 'snapshot',
      hosts: [
        { ...common, name: 'a', host: 'a.example', state: 'left', servers: { up: 1, gone: 0 }, behind: 0 },
        {
          ...common,
          name: 'b',
          host: 'b.example',
          state: 'present',
          servers: { up: 2, gone: 0, unresponsive: 1 },
          behind: 3,
        },
      ],
    });
  });

  it('makes the snapshot once for all who open a stream while nothing changes', async () => {
    const { fleet, open } = await opened();
    let made = 0;
    const counted = (name: string) => ({
      ...fleetHost(name),
      get counts() {
        made++;
        return { up: 1 };
      },
    });
    const names = async (query: string) => {
      const blocks = await (await open(query)).take(query.includes('ndjson') ? 2 : 3);
      const { hosts } = dataOf(blocks.at(-1) ?? null);
      return (hosts as readonly { readonly name: string }[]).map(({ name }) => name);
    };
    fleet.setHosts(counted('a'), counted('b'));
    for (const query of ['', '?type=server-gone', '?server=x', '']) expect(await names(query)).toEqual(['a', 'b']);
    expect(made).toBe(2);
    expect(await names('?format=ndjson')).toEqual(['a', 'b']);
    expect(await names('?host=b')).toEqual(['b']);
    expect(await names('')).toEqual(['a', 'b']);
    expect(made).toBe(5);
    fleet.setHosts(counted('c'));
    expect(await names('')).toEqual(['c']);
  });

  it('lists servers only of hosts that are asked for by name', async () => {
    const fleet = new MemoryFleet();
    const servers = [fleetServer(), fleetServer({ name: 'play' })];
    fleet.setHosts(fleetHost('a', { servers }), fleetHost('a2', { servers: null }), fleetHost('b'));
    const [, , snapshot] = await (await (await serve(fleet)).open('?host=a*&server=play')).take(3);
    expect(dataOf(snapshot ?? null)).toMatchObject({
      hosts: [
        { name: 'a', server_list: [servers[1]] },
        { name: 'a2', server_list: null },
      ],
    });
  });

  it('sends events as their host stored them, with their name, under the cursor of the fleet', async () => {
    const { fleet, open } = await opened();
    const reader = await open('');
    await reader.take(3);
    const { cursor } = fleet.push('a', hostEvent('a.example', 7));
    const block = await reader.next();
    expect(block?.split('\n')[0]).toBe(`id: ${cursor}`);
    expect(dataOf(block)).toEqual({ ...hostEvent('a.example', 7), name: 'a' });
  });

  it('adds the cursor to the lines of NDJSON', async () => {
    const { fleet, open } = await opened();
    const reader = await open('?format=ndjson');
    await reader.take(2);
    const { cursor } = fleet.push('a', hostEvent('a.example', 7));
    expect(dataOf(await reader.next())).toEqual({ ...hostEvent('a.example', 7), name: 'a', cursor });
  });

  it('sends the events of the hosts that are asked for', async () => {
    const { fleet, open } = await opened();
    const reader = await open('?host=a,web-*');
    await reader.take(3);
    for (const name of ['b', 'web-1', 'a2', 'a']) fleet.push(name, hostEvent(name, 1));
    const names = (await reader.take(2)).map((block) => dataOf(block)['name']);
    expect(names).toEqual(['web-1', 'a']);
  });

  it('goes on at a cursor of another hub, over holes in the sequence', async () => {
    const { fleet, open } = await opened();
    const first = fleet.push('a', hostEvent('a', 1));
    fleet.log.skip(5);
    fleet.push('a', hostEvent('a', 2));
    fleet.push('a', hostEvent('a', 3));
    const [, hello, ...events] = await (await open(`?last_event_id=${first.cursor}`)).take(4);
    expect(dataOf(hello ?? null)).toMatchObject({ id: first.cursor, resumed: true, replayed: 2 });
    expect(events.map((block) => dataOf(block)['id'])).toEqual(['e-2', 'e-3']);
  });

  it('sends an event once that was in the log before it is published', async () => {
    const { fleet, feed, open } = await opened();
    const early = fleet.log.append('a', hostEvent('a', 1));
    const reader = await open('?since=all');
    expect(dataOf((await reader.take(4)).at(-1) ?? null)).toMatchObject({ id: 'e-1' });
    feed.publishOfFleet(early, true);
    fleet.push('a', hostEvent('a', 2));
    expect(dataOf(await reader.next())).toMatchObject({ id: 'e-2' });
  });

  it('sends an event that was put back after the log went back to who began to read since then', async () => {
    const { fleet, feed, open } = await opened();
    fleet.push('a', hostEvent('a', 1));
    const before = await open('?since=all');
    await before.take(4);
    fleet.push('a', hostEvent('a', 2));
    expect(dataOf(await before.next())).toMatchObject({ id: 'e-2' });
    fleet.log.rewind(1);
    const after = await open('?since=all');
    expect(dataOf((await after.take(4)).at(-1) ?? null)).toMatchObject({ id: 'e-1' });
    feed.publishOfFleet(fleet.log.append('a', hostEvent('a', 2)), false);
    fleet.push('a', hostEvent('a', 3));
    expect((await after.take(2)).map((block) => dataOf(block)['id'])).toEqual(['e-2', 'e-3']);
    fleet.log.rewind(2);
    feed.publishOfFleet(fleet.log.append('a', hostEvent('a', 3)), false);
    const [, again] = await after.take(2);
    expect(dataOf(again ?? null)).toMatchObject({ id: 'e-3' });
    const [gap, next] = await before.take(2);
    expect(dataOf(gap ?? null)).toMatchObject({ type: 'gap', reason: 'epoch' });
    expect(dataOf(next ?? null)).toMatchObject({ id: 'e-3' });
  });

  it('has more places than the feed of one exporter', async () => {
    const served = await serve();
    const readers = [];
    for (let client = 0; client < 257; client++) readers.push(await served.open());
    expect(new Set(readers.map(({ response }) => response.statusCode))).toEqual(new Set([200]));
  });

  it('moves the cursor by heartbeats, and says while the bus is cut for how long', async () => {
    const { fleet, clock, open } = await opened();
    const reader = await open('?host=other');
    await reader.take(3);
    const { cursor } = fleet.push('a', hostEvent('a', 1));
    await new Promise(setImmediate);
    fleet.cut();
    clock.advance(15_000);
    expect(await reader.next()).toBe(`id: ${cursor}\n: heartbeat\n: source down 14s`);
    fleet.mend();
    clock.advance(15_000);
    expect(await reader.next()).toBe(`id: ${cursor}\n: heartbeat`);
  });

  it('informs open streams if the log was replaced, and sends everything that is in the new one', async () => {
    const { fleet, tally, open } = await opened();
    const reader = await open('?type=session-created');
    await reader.take(3);
    fleet.push('a', hostEvent('a', 1));
    await reader.next();
    fleet.log.renew('ba9876543210');
    const { cursor } = fleet.push('b', hostEvent('b', 9));
    expect(dataOf(await reader.next())).toEqual({ type: 'gap', reason: 'epoch', missed: null });
    expect((await reader.next())?.split('\n')[0]).toBe(`id: ${cursor}`);
    expect(cursor).toMatch(/^ba9876543210-1\./);
    expect(tally.gaps).toEqual(['epoch']);
  });

  it('informs open streams if the log went back, and sends what comes under the sequences that it has had before', async () => {
    const { fleet, open } = await opened();
    const reader = await open('');
    await reader.take(3);
    for (const number of [1, 2]) fleet.push('a', hostEvent('a', number));
    await reader.take(2);
    fleet.log.rewind(1);
    fleet.push('b', hostEvent('b', 9));
    expect(dataOf(await reader.next())).toEqual({ type: 'gap', reason: 'epoch', missed: null });
    expect(dataOf(await reader.next())).toMatchObject({ id: 'e-9', name: 'b' });
  });

  it('ends with a bye, and past events only with the newest cursor', async () => {
    const { fleet, feed, open } = await opened();
    fleet.push('a', hostEvent('a', 1));
    const blocks = await (await open('?poll=1&since=all')).rest();
    expect(blocks.at(-2)).toContain('"e-1"');
    expect(blocks.at(-1)).toBe(`id: ${fleet.log.cursorAt(1)}\n: heartbeat`);
    const reader = await open('');
    await reader.take(3);
    await feed.close();
    expect(dataOf((await reader.rest())[0] ?? null)).toMatchObject({ type: 'bye', reason: 'shutdown' });
  });
});

describe('a scope', () => {
  it.each([
    ['?scope=fleet', 'no_fleet', /^scope: this exporter is no hub/],
    ['?host=a', 'bad_parameter', /^host: expected with scope=fleet only/],
  ])('is refused by an exporter that is no hub: %s', async (query, code, message) => {
    const served = await new FeedServer().listen();
    server = served;
    const response = await fetch(served.url(query));
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({
      error: { code, message: expect.stringMatching(message) },
    });
  });

  it('of this machine is refused by a hub, which has no servers', async () => {
    const response = await fetch((await serve()).url('?scope=local'));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'no_local' } });
  });
});

async function opened() {
  const served = await serve();
  return {
    fleet: served.fleet,
    clock: served.clock,
    tally: served.tally,
    feed: served.feed,
    open: (query: string) => served.open(query),
  };
}
