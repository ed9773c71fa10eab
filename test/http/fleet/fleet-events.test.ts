import { describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { createRoutes } from '../../../src/http/routes.ts';
import { hostEvent } from '../../support/fleet/fleet-sample.ts';
import { MemoryFleet } from '../../support/fleet/memory-fleet.ts';
import { hubPorts, LOOPBACK_ONLY, portsWith } from '../support/ports.ts';

/** A fleet with this many events of the host `a`, of which `capacity` are in memory. */
function fleetWith(events: number, capacity = 1_000): MemoryFleet {
  const fleet = new MemoryFleet({ capacity });
  for (let number = 1; number <= events; number++) fleet.push('a', hostEvent('a', number));
  return fleet;
}

async function get(fleet: MemoryFleet, query = '') {
  const { status, body } = await request(createRoutes(hubPorts(fleet), LOOPBACK_ONLY)).get(`/api/v1/events${query}`);
  return { ...body, status, ids: body.events?.map(({ id }: { id: string }) => id) };
}

describe('GET /api/v1/events of a hub', () => {
  it('gives the events in memory, each with its name and cursor', async () => {
    const fleet = fleetWith(3, 2);
    const page = await get(fleet);
    expect(page).toMatchObject({ ids: ['e-2', 'e-3'], gap: null, next: fleet.log.cursorAt(3), newest: page.next });
    expect(page.events[0]).toEqual({ ...hostEvent('a', 2), name: 'a', cursor: fleet.log.cursorAt(2) });
  });

  it('gives every event once when its pages are followed, over holes and from before memory', async () => {
    const fleet = fleetWith(50, 20);
    fleet.log.skip(7);
    for (let number = 51; number <= 60; number++) fleet.push('a', hostEvent('a', number));
    const ids: string[] = [];
    let page = await get(fleet, `?after=${fleet.log.cursorAt(5)}&limit=8`);
    for (ids.push(...page.ids); page.next !== page.newest; ids.push(...page.ids))
      page = await get(fleet, `?after=${page.next}&limit=8`);
    expect(ids).toEqual(Array.from({ length: 55 }, (_, index) => `e-${index + 6}`));
  });

  it('says what the bus does not have any more, or does not give', async () => {
    const fleet = fleetWith(9, 3);
    const query = `?after=${fleet.log.cursorAt(1)}`;
    fleet.log.evictBefore(5);
    expect(await get(fleet, query)).toMatchObject({ ids: ['e-5', 'e-6', 'e-7', 'e-8', 'e-9'], gap: { missed: 3 } });
    fleet.log.beforeOlder = async () => null;
    expect(await get(fleet, query)).toMatchObject({ ids: ['e-7', 'e-8', 'e-9'], gap: { missed: 5 } });
  });

  it('counts each event once that left the bus, with the page that it would be on', async () => {
    const fleet = fleetWith(30, 3);
    const [before, inside] = [fleet.log.cursorAt(1), fleet.log.cursorAt(10)];
    for (const seq of [2, 3, 12, 13, 14, 20, 26, 27]) fleet.log.evict(seq);
    const missed: number[] = [];
    let page = await get(fleet, `?after=${before}&limit=6`);
    for (missed.push(page.gap?.missed); page.next !== page.newest; missed.push(page.gap?.missed ?? 0))
      page = await get(fleet, `?after=${page.next}&limit=6`);
    expect(missed).toEqual([2, 3, 1, 2]);
    expect(await get(fleet, `?after=${inside}`)).toMatchObject({ gap: { reason: 'evicted', missed: 6 } });
  });

  it('begins without a gap after a purge', async () => {
    const fleet = fleetWith(9, 3);
    fleet.log.evictBefore(10);
    fleet.push('a', hostEvent('a', 10));
    expect(await get(fleet)).toMatchObject({ ids: ['e-10'], gap: null });
  });

  it.each([
    ['ffffffffffff-1.0000', 'epoch', ['e-1', 'e-2']],
    ['0123456789ab-9.0000', 'future', []],
  ])('says what is missing after %s', async (after, reason, ids) => {
    expect(await get(fleetWith(2), `?after=${after}`)).toMatchObject({ ids, gap: { reason, missed: null } });
  });

  it('is an error until the bus was read: a good cursor must not look like one of another log', async () => {
    const fleet = fleetWith(2);
    fleet.source = { ...fleet.source, hasRead: false, isWhole: false };
    expect(await get(fleet, `?after=${fleet.log.cursorAt(1)}`)).toMatchObject({
      status: 503,
      error: { code: 'not_ready' },
    });
  });

  it('leaves what comes while the bus answers to the next page', async () => {
    const fleet = fleetWith(9, 3);
    fleet.log.beforeOlder = async () => {
      fleet.log.beforeOlder = async () => null;
      fleet.push('a', hostEvent('a', 10));
    };
    const page = await get(fleet, `?after=${fleet.log.cursorAt(5)}`);
    expect(page.ids).toEqual(['e-6', 'e-7', 'e-8', 'e-9']);
    expect((await get(fleet, `?after=${page.next}`)).ids).toEqual(['e-10']);
  });

  it('begins again if the log is replaced while the bus answers', async () => {
    const fleet = fleetWith(9, 3);
    const after = fleet.log.cursorAt(1);
    fleet.log.beforeOlder = async () => {
      fleet.log.renew('ffffffffffff');
      fleet.push('b', hostEvent('b', 77));
      return undefined;
    };
    expect(await get(fleet, `?after=${after}`)).toMatchObject({ ids: ['e-77'], gap: { reason: 'epoch' } });
  });

  it('has no events of its own', async () => {
    expect(await get(fleetWith(1), '?scope=fleet')).toMatchObject({ ids: ['e-1'] });
    expect(await get(fleetWith(1), '?scope=local')).toMatchObject({ status: 400, error: { code: 'no_local' } });
  });

  it('gives those of some hosts, page by page, from memory and from before it', async () => {
    const fleet = new MemoryFleet({ capacity: 10 });
    for (let number = 1; number <= 30; number++) {
      const name = ['a', 'bee', 'bug'][number % 3] ?? '';
      fleet.push(name, hostEvent(name, number));
    }
    const ids: string[] = [];
    let page = await get(fleet, `?after=${fleet.log.cursorAt(1)}&host=b*&limit=4`);
    for (ids.push(...page.ids); page.next !== page.newest; ids.push(...page.ids))
      page = await get(fleet, `?after=${page.next}&host=bee&host=bug&limit=4`);
    const numbers = Array.from({ length: 29 }, (_, index) => index + 2).filter((number) => number % 3 !== 0);
    expect(ids).toEqual(numbers.map((number) => `e-${number}`));
  });

  it('refuses what is no cursor', async () => {
    const error = { code: 'invalid_parameter', message: 'after: expected the id of an event, found "e-1"' };
    expect(await get(fleetWith(1), '?after=e-1')).toMatchObject({ status: 400, error });
  });
});

describe('GET /api/v1/events of an exporter that is a hub, too', () => {
  it('gives its own events, or those of the fleet', async () => {
    const history = new MemoryLog('own', { host: 'box', bootId: null });
    const app = createRoutes(portsWith({ history, fleet: fleetWith(2) }), LOOPBACK_ONLY);
    const own = await request(app).get('/api/v1/events');
    expect(own.body).toMatchObject({ events: [], newest: 'own-0' });
    const ofFleet = await request(app).get('/api/v1/events?scope=fleet&host=a');
    expect(ofFleet.body.events.map(({ name }: { name: string }) => name)).toEqual(['a', 'a']);
  });
});
