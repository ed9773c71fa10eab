import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Feeds } from '../../../src/follow/session/feeds.ts';
import { NO_STATE } from '../../../src/follow/session/state.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { Door } from '../support/door.ts';
import { Exporter } from '../support/exporter.ts';
import { Following } from '../support/following.ts';
import { draft, life } from '../support/samples.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const work = life('work');

/** The pauses of a look are long; here they are not. */
const hasty = {
  now: Date.now,
  uptime: Date.now,
  steady: () => performance.now(),
  after(_: number, task: () => void) {
    const timer = setTimeout(task, 20);
    return () => clearTimeout(timer);
  },
};

describe('Several addresses', () => {
  let feeds: Feeds;
  const exporters: Exporter[] = [];
  const doors: Door[] = [];
  const followings: Following[] = [];

  beforeEach(() => {
    feeds = new Feeds();
  });

  afterEach(async () => {
    for (const following of followings.splice(0)) await following.stop();
    for (const door of doors.splice(0)) await door.remove();
    for (const exporter of exporters.splice(0)) await exporter.stop();
  });

  async function exporterOf(epoch: string, host: string): Promise<Exporter> {
    const exporter = await Exporter.start(epoch, host);
    exporters.push(exporter);
    return exporter;
  }

  async function doorTo({ url }: Exporter): Promise<Door> {
    const door = await Door.to(url);
    doors.push(door);
    return door;
  }

  function follow({ url }: { url: string }, options: ConstructorParameters<typeof Following>[1] = {}): Following {
    const following = new Following(url, { feeds, ...options }, hasty);
    followings.push(following);
    return following;
  }

  const standsBy = (following: Following) =>
    following.until(() => following.statuses.some(({ kind }) => kind === 'standby'));
  const idsOf = (...several: Following[]) => several.flatMap(({ ids }) => ids).sort();

  describe('of one exporter', () => {
    it('bring each event once, through whichever is open', async () => {
      const exporter = await exporterOf('e', 'box');
      exporter.servers = [work];
      const [front, back] = [await doorTo(exporter), await doorTo(exporter)];
      const first = follow(front);
      await first.opened();
      const second = follow(back);
      await standsBy(second);
      const ids = [exporter.publish(draft('session-created', work))];
      await first.until(() => first.events.length === 1);
      front.shut();
      await second.opened();
      ids.push(exporter.publish(draft('session-created', work)));
      await second.until(() => second.events.length === 1);
      front.lead(exporter.url);
      await standsBy(first);
      back.shut();
      await first.opened(2);
      ids.push(exporter.publish(draft('session-created', work)));
      await first.until(() => first.events.length === 2);
      expect(idsOf(first, second)).toEqual(ids);
    });

    it('miss nothing that happens while none of them is open', async () => {
      const exporter = await exporterOf('e', 'box');
      const [front, back] = [await doorTo(exporter), await doorTo(exporter)];
      const first = follow(front);
      await first.opened();
      const second = follow(back);
      await standsBy(second);
      for (const door of [front, back]) door.shut();
      await second.until(() => second.statuses.some(({ kind }) => kind === 'interrupted'));
      const id = exporter.publish(draft('session-created', work));
      back.lead(exporter.url);
      await second.until(() => second.events.length === 1);
      expect(idsOf(first, second)).toEqual([id]);
    });

    it('handle nothing again that is still being handled when one fails', async () => {
      const exporter = await exporterOf('e', 'box');
      const [front, back] = [await doorTo(exporter), await doorTo(exporter)];
      const gate = Promise.withResolvers<void>();
      const first = follow(front, { handle: () => gate.promise });
      await first.opened();
      const second = follow(back);
      await standsBy(second);
      exporter.publish(draft('session-created', work));
      await first.until(() => first.events.length === 1);
      front.shut();
      await second.opened();
      exporter.publish(draft('session-created', work));
      await second.until(() => second.events.length === 1);
      expect(first.state.cursor).toBe('e-0');
      gate.resolve();
      await second.until(() => second.state.cursor === 'e-2');
      expect([first.ids, second.ids]).toEqual([['e-1'], ['e-2']]);
    });

    it('share what is kept, so that each of them goes on alone the next time', async () => {
      const exporter = await exporterOf('e', 'box');
      const [first, second] = [follow(exporter), follow(await doorTo(exporter))];
      await eventually('one stands by', () => [first, second].some(({ statuses }) => statuses[0]?.kind === 'standby'));
      exporter.publish(draft('server-up', work));
      await eventually('both keep it', () => [first, second].every(({ state }) => state.cursor === 'e-1'));
      expect(second.state).toEqual({ cursor: 'e-1', host: 'box', servers: [work] });
    });

    it.each([
      ['an older one', { cursor: 'e-1', host: 'box', servers: [] }],
      ['none', NO_STATE],
    ])('go on from the furthest cursor, where that of the one that is open is %s', async (_, state) => {
      const exporter = await exporterOf('e', 'box');
      for (let count = 0; count < 3; count++) exporter.publish(draft('session-created', work));
      const [front, back] = [await doorTo(exporter), await doorTo(exporter)];
      front.shut();
      follow(front, { state: { cursor: 'e-2', host: 'box', servers: [] } });
      const second = follow(back, { state });
      await second.until(() => second.ids.length === 1);
      expect(second.ids).toEqual(['e-3']);
    });

    it('begin in the past once', async () => {
      const exporter = await exporterOf('e', 'box');
      exporter.publish(draft('session-created', work));
      const [front, back] = [await doorTo(exporter), await doorTo(exporter)];
      const first = follow(front, { since: 'all' });
      await first.until(() => first.events.length === 1);
      const second = follow(back, { since: 'all' });
      await standsBy(second);
      front.shut();
      await second.opened();
      exporter.publish(draft('session-created', work));
      await second.until(() => second.ids.includes('e-2'));
      expect(second.ids).toEqual(['e-2']);
    });

    it('report a server once that vanished while none of them was open', async () => {
      const exporter = await exporterOf('e', 'box');
      exporter.servers = [work];
      const [front, back] = [await doorTo(exporter), await doorTo(exporter)];
      const first = follow(front);
      await first.until(() => first.state.servers.length === 1);
      const second = follow(back);
      await standsBy(second);
      exporter.servers = [];
      front.shut();
      await second.until(() => second.events.length === 1);
      front.lead(exporter.url);
      await standsBy(first);
      expect([...first.events, ...second.events]).toMatchObject([
        { synthetic: true, host: 'box', server: { name: 'work' } },
      ]);
    });
  });

  describe('that change places', () => {
    const idle = () => {};
    const exporterLog = { isFleet: false, epoch: 'e', host: 'box' };
    const fleetLog = { isFleet: true, epoch: '0123456789ab', host: 'hub1' };

    it.each([
      ['an exporter', exporterLog],
      ['a fleet', fleetLog],
    ])('stand by at once if %s is followed through the other', (_, log) => {
      const [front, back] = [feeds.add(NO_STATE, idle), feeds.add(NO_STATE, idle)];
      expect([front.enter(log), back.enter(log)]).toEqual(['follow', 'standby']);
      const { feed } = front;
      for (const [followed, waiting] of [[front, back] as const, [back, front] as const]) {
        followed.leave(true);
        expect([waiting.enter(log), followed.enter(log)]).toEqual(['follow', 'standby']);
        expect([followed.feed, waiting.feed]).toEqual([feed, feed]);
      }
    });

    it('keep nothing of a feed that was left before it was followed', async () => {
      const [front, back] = [feeds.add(NO_STATE, idle), feeds.add(NO_STATE, idle)];
      expect([front.enter(fleetLog), back.enter(fleetLog)]).toEqual(['follow', 'standby']);
      front.progress.pass('0123456789ab-1.0000');
      const renewed = { ...fleetLog, epoch: 'ba9876543210' };
      expect(back.enter(renewed)).toBe('reopen');
      const left = new WeakRef(back.feed);
      expect([front.enter(renewed), back.enter(renewed)]).toEqual(['follow', 'standby']);
      await eventually('it is forgotten', () => {
        collectGarbage();
        return left.deref() === undefined;
      });
    });
  });

  describe('of several exporters', () => {
    it('are followed each from its own cursor', async () => {
      const [one, other] = [await exporterOf('e', 'one'), await exporterOf('f', 'other')];
      for (const exporter of [one, other])
        for (let count = 0; count < 3; count++) exporter.publish(draft('session-created', work));
      const first = follow(one, { state: { cursor: 'e-2', host: 'one', servers: [] } });
      const second = follow(other, { state: { cursor: 'f-1', host: 'other', servers: [] } });
      await first.until(() => first.events.length === 1);
      await second.until(() => second.events.length === 2);
      expect([first.ids, second.ids]).toEqual([['e-3'], ['f-2', 'f-3']]);
      expect([first.state.cursor, second.state.cursor]).toEqual(['e-3', 'f-3']);
    });

    it('are followed side by side though their machines were cloned, with the log of one epoch', async () => {
      const [one, other] = [await exporterOf('e', 'one'), await exporterOf('e', 'other')];
      const [first, second] = [follow(one), follow(other)];
      await Promise.all([first.opened(), second.opened()]);
      for (const exporter of [one, other]) exporter.publish(draft('session-created', work));
      await Promise.all([first, second].map((following) => following.until(() => following.events.length === 1)));
      expect([first, second].map(({ events }) => events[0]?.host)).toEqual(['one', 'other']);
    });

    it('conclude nothing about the servers of one from the others', async () => {
      const [one, other] = [await exporterOf('e', 'one'), await exporterOf('f', 'other')];
      one.servers = [work];
      const door = await doorTo(one);
      const first = follow(door);
      const second = follow(other);
      await first.until(() => first.state.servers.length === 1);
      await second.opened();
      door.lead(other.url);
      await standsBy(first);
      other.cut();
      await first.opened(2);
      await standsBy(second);
      door.lead(one.url);
      await first.opened(3);
      await second.opened(2);
      one.publish(draft('session-created', work));
      await first.until(() => first.events.length > 0);
      expect([...first.events, ...second.events].map(({ synthetic, id }) => [synthetic, id])).toEqual([[false, 'e-1']]);
      expect(first.statuses.filter(({ kind }) => kind === 'gap')).toEqual([]);
    });

    it('are retried beside the others, though one of them takes a request for nonsense', async () => {
      const [one, other] = [await exporterOf('e', 'one'), await exporterOf('f', 'other')];
      one.answer = (_, response) => response.writeHead(400).end('{"error":{"message":"type: unknown"}}');
      const [first, second] = [follow(one), follow(other)];
      await second.opened();
      await first.until(() => first.statuses.length === 1);
      expect(first.statuses).toEqual([{ kind: 'interrupted', message: 'type: unknown' }]);
      one.answer = null;
      await first.opened();
    });
  });

  describe('in whose place another exporter answers', () => {
    it.each([
      ['no server, if that is another machine', 'other', 0],
      ['the servers that are not there, if it is the same machine', 'box', 1],
    ])('report as vanished: %s', async (_, host, count) => {
      const exporter = await exporterOf('e', 'box');
      exporter.servers = [work];
      const following = follow(exporter);
      await following.until(() => following.state.servers.length === 1);
      exporter.servers = [];
      await exporter.forget('f', undefined, host);
      await following.opened(2);
      await following.until(() => following.state.servers.length === 0 && following.state.cursor === 'f-0');
      await eventually('it has looked', () => count === 0 || following.events.length === count);
      exporter.publish(draft('session-created', work));
      await following.until(() => following.ids.includes('f-1'));
      expect(following.events.filter(({ synthetic }) => synthetic)).toHaveLength(count);
    });
  });
});
