import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Feeds } from '../../../src/follow/session/feeds.ts';
import { BadRequest } from '../../../src/follow/session/follower.ts';
import { FakeFleetLog } from '../../support/fleet/fake-fleet-log.ts';
import { FakeHub } from '../../support/fleet/fake-hub.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { Exporter } from '../support/exporter.ts';
import { Following } from '../support/following.ts';
import { draft, life } from '../support/samples.ts';

/** The pauses between attempts are long; here they are not. */
const hasty = {
  now: Date.now,
  uptime: Date.now,
  steady: () => performance.now(),
  after(_: number, task: () => void) {
    const timer = setTimeout(task, 20);
    return () => clearTimeout(timer);
  },
};

describe('Following a fleet', () => {
  let log: FakeFleetLog;
  let feeds: Feeds;
  const hubs: FakeHub[] = [];
  const exporters: Exporter[] = [];
  const followings: Following[] = [];

  beforeEach(() => {
    log = new FakeFleetLog('0123456789ab');
    feeds = new Feeds();
  });

  afterEach(async () => {
    for (const following of followings.splice(0)) await following.stop();
    for (const hub of hubs.splice(0)) await hub.kill();
    for (const exporter of exporters.splice(0)) await exporter.stop();
  });

  async function hub(machine = 'hub1', of = log): Promise<FakeHub> {
    const started = await FakeHub.start(of, machine);
    hubs.push(started);
    return started;
  }

  async function exporter(): Promise<Exporter> {
    const started = await Exporter.start();
    exporters.push(started);
    return started;
  }

  function follow({ url }: { url: string }, options: ConstructorParameters<typeof Following>[1] = {}): Following {
    const following = new Following(url, { feeds, ...options }, hasty);
    followings.push(following);
    return following;
  }

  const kindsOf = ({ statuses }: Following) => statuses.map(({ kind }) => kind);
  const standsBy = (following: Following) => following.until(() => kindsOf(following).includes('standby'));
  const handledBy = (...several: Following[]) =>
    several.flatMap(({ events }) => events.map(({ name, id }) => `${name} ${id}`));

  it('handles each event once and in order over cuts, and asks for nothing but events', async () => {
    const one = await hub();
    const following = follow(one);
    await following.opened();
    const expected: string[] = [];
    for (let cuts = 1; cuts <= 5; cuts++) {
      for (const name of ['build7', 'build8']) {
        log.publish(name, `e-${cuts}`, 'server-up', {
          server: { ...life('work'), started_at: life('work').startedAt },
        });
        expected.push(`${name} e-${cuts}`);
      }
      one.cut();
      await following.opened(cuts + 1);
    }
    await following.until(() => following.events.length === 10);
    expect(handledBy(following)).toEqual(expected);
    await following.until(() => following.state.cursor === log.cursorAt(10));
    expect(following.state).toMatchObject({ host: null, servers: [] });
    expect(new Set(one.paths)).toEqual(new Set(['/events']));
  });

  it('handles events of cloned machines, whose ids are the same', async () => {
    const following = follow(await hub());
    await following.opened();
    for (const name of ['build7', 'build8', 'build7-anna']) log.publish(name, 'e-1');
    await following.until(() => following.events.length === 3);
    expect(handledBy(following)).toEqual(['build7 e-1', 'build8 e-1', 'build7-anna e-1']);
  });

  it('goes on where it ended, when it is started again', async () => {
    const one = await hub();
    const cursor = log.publish('build7', 'e-1');
    log.publish('build7', 'e-2');
    const following = follow(one, { state: { cursor, host: null, servers: [] } });
    await following.until(() => following.events.length === 1);
    expect(handledBy(following)).toEqual(['build7 e-2']);
    expect(kindsOf(following)).toEqual(['connected']);
  });

  describe('through two hubs', () => {
    it('follows one of them, and goes on through the other with its cursor, whatever their machines are called', async () => {
      const [one, other] = [await hub('hub1'), await hub('hub2')];
      const first = follow(one);
      await first.opened();
      const second = follow(other);
      await standsBy(second);
      log.publish('build7', 'e-1');
      await first.until(() => first.events.length === 1);
      await one.kill();
      log.publish('build7', 'e-2');
      await second.until(() => second.events.length === 1);
      expect(handledBy(first, second)).toEqual(['build7 e-1', 'build7 e-2']);
      expect(other.cursors.at(-1)).toBe(log.cursorAt(1));
      expect([first, second].flatMap(({ statuses }) => statuses).filter(({ kind }) => kind === 'gap')).toEqual([]);
      expect(first.state).toEqual(second.state);
    });

    it('connects once to each of them when they change places, however often', async () => {
      const [one, other] = [await hub('hub1'), await hub('hub2')];
      const [first, second] = [follow(one), follow(other)];
      await eventually('one stands by', () => one.cursors.length + other.cursors.length === 2);
      const expected: string[] = [];
      for (let change = 1; change <= 4; change++) {
        await eventually('one is followed', () => one.streams + other.streams === 1);
        const [followed, waiting] = one.streams === 1 ? [one, other] : [other, one];
        const opened = [followed, waiting].map(({ cursors }) => cursors.length + 1);
        followed.cut();
        await eventually('the other one is followed', () => waiting.streams === 1 && followed.streams === 0);
        const standbys = () => [first, second].flatMap(kindsOf).filter((kind) => kind === 'standby');
        await eventually('the first one stands by', () => standbys().length === change + 1);
        log.publish('build7', `e-${change}`);
        expected.push(`build7 e-${change}`);
        await eventually('it is handled', () => handledBy(first, second).length === change);
        expect([followed, waiting].map(({ cursors }) => cursors.length)).toEqual(opened);
      }
      expect(handledBy(first, second).sort()).toEqual(expected);
    });

    it('follows two fleets side by side', async () => {
      const prod = new FakeFleetLog('ba9876543210');
      const [first, second] = [follow(await hub('hub1')), follow(await hub('hub2', prod))];
      for (const following of [first, second]) await following.opened();
      for (const each of [log, prod]) each.publish('build7', 'e-1');
      for (const following of [first, second]) await following.until(() => following.events.length === 1);
      expect([first.state.cursor, second.state.cursor]).toEqual([log.cursorAt(1), prod.cursorAt(1)]);
    });

    it('misses nothing and repeats nothing when one of them turns to a new log before the other', async () => {
      const [one, other] = [await hub('hub1'), await hub('hub2')];
      const first = follow(one);
      await first.opened();
      const second = follow(other);
      await standsBy(second);
      log.publish('build7', 'e-1');
      await first.until(() => first.events.length === 1);
      const renewed = new FakeFleetLog('cccccccccccc');
      renewed.publish('build7', 'e-1');
      renewed.publish('build7', 'e-2');
      one.turnTo(renewed);
      const handled = () => handledBy(first, second).length;
      await eventually('the new one is followed', () => handled() === 2);
      log.publish('build7', 'e-2');
      other.turnTo(renewed);
      renewed.publish('build8', 'e-1');
      await eventually('all is handled', () => handled() === 3);
      await eventually('both keep it', () => second.state.cursor === renewed.cursorAt(3));
      expect(first.state).toEqual(second.state);
      renewed.publish('build8', 'e-2');
      await eventually('all is handled once', () => handled() === 4);
      expect(handledBy(first, second).sort()).toEqual(['build7 e-1', 'build7 e-2', 'build8 e-1', 'build8 e-2']);
    });

    it('joins the two when the second turns to the new log that the first has had', async () => {
      const renewed = new FakeFleetLog('cccccccccccc');
      const [one, other] = [await hub('hub1', renewed), await hub('hub2')];
      const [first, second] = [follow(one), follow(other)];
      for (const following of [first, second]) await following.opened();
      log.publish('build7', 'e-1');
      await second.until(() => second.events.length === 1);
      renewed.publish('build7', 'e-2');
      other.turnTo(renewed);
      await standsBy(second);
      renewed.publish('build7', 'e-3');
      await first.until(() => first.events.length === 2);
      await one.kill();
      renewed.publish('build7', 'e-4');
      await second.until(() => second.events.length === 2);
      expect(handledBy(first)).toEqual(['build7 e-2', 'build7 e-3']);
      expect(handledBy(second)).toEqual(['build7 e-1', 'build7 e-4']);
      expect(second.state).toEqual(first.state);
    });

    it('gives the old log to the hub that stands by for it, when the first turns to one that is followed already', async () => {
      const renewed = new FakeFleetLog('cccccccccccc');
      const [one, other, third] = [await hub('hub1'), await hub('hub2'), await hub('hub3', renewed)];
      const first = follow(one);
      await first.opened();
      const second = follow(other);
      await standsBy(second);
      await follow(third).opened();
      one.turnTo(renewed);
      renewed.publish('build7', 'e-1');
      await standsBy(first);
      await second.opened();
      log.publish('build8', 'e-1');
      await second.until(() => second.events.length === 1);
      expect(handledBy(second)).toEqual(['build8 e-1']);
    });

    it('goes on through the one that is left on the old log, and misses nothing of the new one', async () => {
      const [one, other] = [await hub('hub1'), await hub('hub2')];
      const first = follow(one);
      await first.opened();
      const second = follow(other);
      await standsBy(second);
      log.publish('build7', 'e-1');
      await first.until(() => first.events.length === 1);
      const renewed = new FakeFleetLog('cccccccccccc');
      one.turnTo(renewed);
      one.cut();
      await second.opened();
      await eventually('it is asked', () => one.cursors.length > 1);
      renewed.publish('build7', 'e-2');
      await first.until(() => first.events.length === 2);
      log.publish('build7', 'e-2');
      other.turnTo(renewed);
      await second.until(() => kindsOf(second).filter((kind) => kind === 'standby').length === 2);
      expect(handledBy(first, second)).toEqual(['build7 e-1', 'build7 e-2']);
    });

    it('goes to the other if one cannot read the bus, and says once that it is down, and once that it is up', async () => {
      const [one, other] = [await hub('hub1'), await hub('hub2')];
      const first = follow(one);
      await first.opened();
      const second = follow(other);
      await standsBy(second);
      one.blind(true);
      log.publish('build7', 'e-1');
      for (const seconds of [3, 18]) one.beat(`heartbeat\n: source down ${seconds}s`);
      await second.until(() => second.events.length === 1);
      await standsBy(first);
      for (let count = 0; count < 2; count++) other.beat();
      log.publish('build7', 'e-2');
      await second.until(() => second.events.length === 2);
      const said = [first, second].flatMap(({ statuses }) => statuses).filter(({ kind }) => kind === 'source');
      expect(said).toEqual([
        { kind: 'source', source: { kind: 'down', seconds: 3 } },
        { kind: 'source', source: { kind: 'up' } },
      ]);
      expect(handledBy(first, second)).toEqual(['build7 e-1', 'build7 e-2']);
    });

    it('stays where it is if none of them can read the bus', async () => {
      const [one, other] = [await hub('hub1'), await hub('hub2')];
      const first = follow(one);
      await first.opened();
      const second = follow(other);
      await standsBy(second);
      one.beat('source down 3s');
      await second.opened();
      await standsBy(first);
      for (let count = 0; count < 3; count++) other.beat('source down 3s');
      log.publish('build7', 'e-1');
      await second.until(() => second.events.length === 1);
      expect(
        [first, second].map((following) => kindsOf(following).filter((kind) => kind === 'connected').length),
      ).toEqual([1, 1]);
    });
  });

  it('knows by an event that the bus can be read again', async () => {
    const one = await hub();
    const following = follow(one);
    await following.opened();
    one.beat('source down 3s');
    await following.until(() => kindsOf(following).includes('source'));
    log.publish('build7', 'e-1');
    await following.until(() => following.events.length === 1);
    expect(following.statuses.at(-1)).toEqual({ kind: 'source', source: { kind: 'up' } });
  });

  describe('whose log goes back', () => {
    it('reports the gap, and drops what the exporters publish again', async () => {
      const one = await hub();
      const following = follow(one);
      await following.opened();
      for (const id of ['e-1', 'e-2', 'e-3']) log.publish('build7', id);
      await following.until(() => following.events.length === 3);
      log.rewind(1, ['build8', 'e-1'], ['build7', 'e-2'], ['build7', 'e-3']);
      one.cut();
      log.publish('build7', 'e-4');
      await following.until(() => following.events.length === 5);
      const ids = ['build7 e-1', 'build7 e-2', 'build7 e-3', 'build8 e-1', 'build7 e-4'];
      expect(handledBy(following)).toEqual(ids);
      expect(following.statuses).toContainEqual({ kind: 'gap', isFleet: true, reason: 'epoch', missed: null });
    });

    it('keeps in its state what was seen, for the next run', async () => {
      const one = await hub();
      const former = follow(one);
      await former.opened();
      for (const id of ['e-1', 'e-2', 'e-3']) log.publish('build7', id);
      await former.until(() => former.state.cursor === log.cursorAt(3));
      await former.stop();
      log.rewind(0, ['build7', 'e-2'], ['build7', 'e-3'], ['build7', 'e-4']);
      feeds = new Feeds();
      const following = follow(one, { state: former.state });
      await following.until(() => following.state.cursor === log.cursorAt(3));
      expect(handledBy(following)).toEqual(['build7 e-4']);
      expect(following.state.fleet).toEqual({ rewinds: 1, seen: [['e build7', 4]] });
    });

    it('handles seen events again if it begins in the past', async () => {
      const one = await hub();
      const cursor = log.publish('build7', 'e-1');
      const state = { cursor, host: null, servers: [], fleet: { rewinds: 0, seen: [['e build7', 1]] as const } };
      const following = follow(one, { state, since: 'all' });
      await following.until(() => following.events.length === 1);
      expect(handledBy(following)).toEqual(['build7 e-1']);
    });
  });

  describe('at an address that leads to an exporter, too', () => {
    it('invents no death of a server that the exporter had', async () => {
      const [local, one] = [await exporter(), await hub()];
      local.servers = [life('work')];
      const known = follow(local);
      await known.until(() => known.state.servers.length === 1);
      await known.stop();
      feeds = new Feeds();
      const following = follow(one, { state: known.state });
      await following.opened();
      log.publish('build7', 'e-1');
      await following.until(() => following.events.length > 0);
      expect(handledBy(following)).toEqual(['build7 e-1']);
      expect(following.state.servers).toEqual([]);
      expect(one.paths).toEqual(['/events']);
    });

    it('follows the exporter as a feed of its own', async () => {
      const [local, one] = [await exporter(), await hub()];
      const [first, second] = [follow(one), follow(local)];
      for (const following of [first, second]) await following.opened();
      log.publish('build7', 'e-1');
      local.publish(draft('session-created', life('work')));
      for (const following of [first, second]) await following.until(() => following.events.length === 1);
      expect(handledBy(first, second)).toEqual(['build7 e-1', 'null e-1']);
    });
  });

  describe('where there is none', () => {
    const noFleet = { error: { code: 'no_fleet', message: 'this exporter has no fleet' } };

    it('gives up with the code of the exporter', async () => {
      const local = await exporter();
      local.answer = (_, response) => response.writeHead(400).end(JSON.stringify(noFleet));
      const { ended } = follow(local, { scope: 'fleet' });
      await expect(ended).rejects.toEqual(new BadRequest('this exporter has no fleet', 'no_fleet'));
      await expect(ended).rejects.toMatchObject({ code: 'no_fleet' });
    });

    it('gives up on an exporter that takes no notice of scopes', async () => {
      const local = await exporter();
      const hello = {
        type: 'hello',
        id: 'e-0',
        epoch: 'e',
        host: 'build7',
        heartbeat_ms: 15_000,
        resumed: false,
        replayed: 0,
      };
      local.answer = (_, response) =>
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .write(`id: e-0\nevent: hello\ndata: ${JSON.stringify(hello)}\n\n`);
      const { ended } = follow(local, { scope: 'fleet' });
      await expect(ended).rejects.toThrow('expected a feed of scope fleet, found one of another scope');
    });

    it('follows the others meanwhile, and gives up when all of them refuse', async () => {
      const [one, other] = [await exporter(), await exporter()];
      one.answer = (_, response) => response.writeHead(400).end(JSON.stringify(noFleet));
      other.answer = (_, response) => response.writeHead(503).end();
      const [first, second] = [follow(one, { scope: 'fleet' }), follow(other, { scope: 'fleet' })];
      for (const following of [first, second]) await following.until(() => kindsOf(following).includes('interrupted'));
      await eventually('it is retried', () => one.cursors.length > 2);
      other.answer = one.answer;
      await expect(Promise.race([first.ended, second.ended])).rejects.toThrow('this exporter has no fleet');
    });
  });
});
