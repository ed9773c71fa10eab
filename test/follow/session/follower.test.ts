import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BadRequest } from '../../../src/follow/session/follower.ts';
import { NO_STATE } from '../../../src/follow/session/state.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { Exporter } from '../support/exporter.ts';
import { Following } from '../support/following.ts';
import { draft, life } from '../support/samples.ts';
import { SuspendableClock } from '../support/suspendable-clock.ts';

const work = life('work');
const play = life('play', 43);

describe('Follower', () => {
  let exporter: Exporter;
  let following: Following | null;

  beforeEach(async () => {
    exporter = await Exporter.start();
    following = null;
  });

  afterEach(async () => {
    await following?.stop();
    await exporter.stop();
  });

  function follow(...[options, clock]: [ConstructorParameters<typeof Following>[1]?, SuspendableClock?]): Following {
    following = new Following(exporter.url, options, clock);
    return following;
  }

  it('handles what happens from the moment it is there, once and in order, also over cuts', async () => {
    exporter.publish(draft('server-up', work));
    const followed = follow();
    await followed.opened();
    const ids: string[] = [];
    for (let cuts = 1; cuts <= 5; cuts++) {
      ids.push(exporter.publish(draft('session-created', work)), exporter.publish(draft('session-created', play)));
      if (cuts % 2 === 0) await followed.until(() => followed.events.length === ids.length);
      exporter.cut();
      await followed.opened(cuts + 1);
    }
    await followed.until(() => followed.events.length === ids.length);
    expect(followed.ids).toEqual(ids);
  });

  it('goes on where it ended, when it is started again', async () => {
    const state = { cursor: 'e-1', host: null, servers: [] };
    for (const server of [work, play]) exporter.publish(draft('server-up', server));
    const followed = follow({ state });
    await followed.until(() => followed.events.length === 1);
    expect(followed.ids).toEqual(['e-2']);
  });

  it('begins at the given time, whatever its state says', async () => {
    for (const server of [work, play]) exporter.publish(draft('server-up', server));
    const followed = follow({ state: { cursor: 'e-2', host: null, servers: [] }, since: 'all' });
    await followed.until(() => followed.events.length === 2);
    expect(followed.ids).toEqual(['e-1', 'e-2']);
  });

  it('keeps no cursor beyond what is still being handled, and resumes beyond it all the same', async () => {
    const gate = Promise.withResolvers<void>();
    const followed = follow({ handle: ({ id }) => (id === 'e-2' ? gate.promise : Promise.resolve()) });
    await followed.opened();
    for (let count = 0; count < 3; count++) exporter.publish(draft('session-created', work));
    await followed.until(() => followed.events.length === 3);
    expect(followed.state.cursor).toBe('e-1');
    exporter.cut();
    await followed.opened(2);
    expect(exporter.cursors.at(-1)).toBe('e-3');
    gate.resolve();
    await followed.until(() => followed.state.cursor === 'e-3');
    expect(followed.ids).toEqual(['e-1', 'e-2', 'e-3']);
  });

  it('ends with the first event that is wanted, if it is to', async () => {
    const wants = ({ type }: { type: string }) => type === 'server-gone';
    const followed = follow({ isOnce: true, wants });
    await followed.opened();
    for (const type of ['server-up', 'server-gone', 'server-gone'] as const) exporter.publish(draft(type, work));
    await followed.ended;
    expect(followed.ids).toEqual(['e-2']);
    expect(followed.state.cursor).toBe('e-2');
  });

  it('ends as the handling of an event fails, and does not keep its cursor', async () => {
    const followed = follow({ handle: () => Promise.reject(new Error('nobody reads')) });
    await followed.opened();
    exporter.publish(draft('server-up', work));
    await expect(followed.ended).rejects.toThrow('nobody reads');
    expect(followed.state.cursor).toBe('e-0');
  });

  it('ends at the signal, whatever is still being handled', async () => {
    const followed = follow({ handle: () => new Promise(() => {}) });
    await followed.opened();
    for (let count = 0; count < 1_200; count++) exporter.publish(draft('session-created', work));
    await followed.until(() => followed.events.length >= 1_000);
    await followed.stop();
    expect(followed.state.cursor).toBe('e-0');
  });

  it('says once that it was interrupted, however often it tries', async () => {
    const followed = follow();
    await followed.opened();
    exporter.answer = (_, response) => response.writeHead(404).end();
    exporter.cut();
    await eventually('three more attempts', () => exporter.cursors.length === 4);
    exporter.answer = null;
    await followed.opened(2);
    expect(followed.statuses.map(({ kind }) => kind)).toEqual(['connected', 'interrupted', 'connected']);
  });

  it('gives up on a request that makes no sense, with the words of the exporter', async () => {
    exporter.answer = (_, response) => {
      response.writeHead(400).end(JSON.stringify({ error: { code: 'invalid', message: 'type: expected one of …' } }));
    };
    await expect(follow().ended).rejects.toEqual(new BadRequest('type: expected one of …', 'invalid'));
  });

  it.each([
    [
      'Retry-After',
      7_000,
      (exporter: Exporter) => {
        exporter.answer = (_, response) => response.writeHead(503, { 'retry-after': '7' }).end();
      },
    ],
    [
      'a stream that was ended in good order',
      4_500,
      (exporter: Exporter) => {
        exporter.answer = (_, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.end('event: bye\ndata: {"type":"bye","reason":"shutdown","retry_ms":4500}\n\nretry: 4500\n\n');
        };
      },
    ],
  ] as const)('waits as long as it is asked to by %s', async (_, ms, arrange) => {
    const clock = new SuspendableClock();
    arrange(exporter);
    const random = jest.fn(() => 0);
    follow({ random }, clock);
    const waits = () => clock.pending === 1;
    // The pause is drawn when the stream is over: before, the one timer is that of the watchdog.
    await eventually('it waits', () => random.mock.calls.length === 1 && waits());
    for (let passed = 0; passed < ms - 500; passed += 500) {
      clock.advance(500);
      await eventually('it waits on', waits);
    }
    expect(exporter.cursors).toHaveLength(1);
    clock.advance(500);
    await eventually('it tries again', () => exporter.cursors.length === 2);
  });

  it('drops a stream on which not even heartbeats come, as one behind a proxy that stalls', async () => {
    const clock = new SuspendableClock();
    exporter.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('id: e-7\nevent: hello\ndata: {"heartbeat_ms":15000,"resumed":true,"replayed":0}\n\n');
    };
    const followed = follow({}, clock);
    await followed.opened();
    for (let seconds = 0; seconds < 44; seconds++) clock.advance(1_000);
    expect(followed.statuses).toHaveLength(1);
    clock.advance(1_000);
    await followed.until(() => followed.statuses.length === 2);
    expect(followed.statuses[1]).toMatchObject({ kind: 'interrupted', message: expect.stringContaining('heartbeat') });
    clock.advance(100);
    await eventually('it tries again', () => exporter.cursors.length === 2);
    expect(exporter.cursors[1]).toBe('e-7');
  });

  it('opens a new stream at once when the machine was suspended', async () => {
    const clock = new SuspendableClock();
    const followed = follow({}, clock);
    await followed.opened();
    clock.suspend(3_600_000);
    clock.advance(1_000);
    await followed.until(() => followed.statuses.length === 2);
    expect(followed.statuses[1]).toMatchObject({ kind: 'interrupted', message: 'the machine was suspended' });
    clock.advance(100);
    await followed.opened(2);
  });

  it.each([
    ['forward', 3_600_000],
    ['back', -3_600_000],
  ])('notices nothing of a wall clock that is set %s by an hour', async (_, stepMs) => {
    const clock = new SuspendableClock();
    const followed = follow({}, clock);
    await followed.opened();
    clock.step(stepMs);
    for (let seconds = 0; seconds < 44; seconds++) clock.advance(1_000);
    expect(followed.statuses).toHaveLength(1);
    clock.advance(1_000);
    await followed.until(() => followed.statuses.length === 2);
    expect(followed.statuses[1]).toMatchObject({ kind: 'interrupted', message: expect.stringContaining('heartbeat') });
  });

  it('does not wait for the end of a pause when the machine was suspended meanwhile', async () => {
    const clock = new SuspendableClock();
    exporter.answer = (_, response) => response.writeHead(503, { 'retry-after': '3600' }).end();
    const followed = follow({}, clock);
    await followed.until(() => followed.statuses.some(({ kind }) => kind === 'interrupted'));
    await eventually('it waits', () => clock.pending === 1);
    clock.suspend(60_000);
    clock.advance(1_000);
    await eventually('it tries again', () => exporter.cursors.length === 2);
  });

  describe('after an interruption', () => {
    const clock = { now: Date.now, uptime: Date.now, steady: () => performance.now(), after: afterAtOnce };

    async function knowing(...servers: (typeof work)[]): Promise<Following> {
      exporter.servers = servers;
      following = new Following(exporter.url, {}, clock);
      await following.opened();
      await following.until(() => following?.state.servers.length === servers.length);
      return following;
    }

    it('reports which servers vanished, when the exporter lost its log', async () => {
      const followed = await knowing(work, play);
      exporter.servers = [play];
      await exporter.forget('f');
      await followed.until(() => followed.events.length === 1);
      expect(followed.events[0]).toMatchObject({
        type: 'server-gone',
        id: null,
        synthetic: true,
        server: { name: 'work', pid: 42 },
      });
      await followed.until(() => followed.state.servers.length === 1);
      expect(followed.state.servers).toEqual([play]);
    });

    it('reports a server that was replaced by another one', async () => {
      const followed = await knowing(work);
      exporter.servers = [life('work', 99)];
      await exporter.forget('f');
      await followed.until(() => followed.events.length === 1);
      expect(followed.events[0]).toMatchObject({ synthetic: true, server: { pid: 42 } });
    });

    it('waits until a freshly started exporter has polled its servers', async () => {
      const followed = await knowing(work);
      exporter.servers = [];
      exporter.isReady = false;
      await exporter.forget('f');
      const asked = (path: string) => exporter.paths.filter((candidate) => candidate === path).length;
      await eventually('it asks and asks', () => asked('/-/ready') >= 3);
      expect(asked('/api/v1/servers')).toBe(0);
      exporter.servers = [work];
      exporter.isReady = true;
      await eventually('it asks for the servers', () => asked('/api/v1/servers') === 1);
      exporter.publish(draft('session-created', work));
      await followed.until(() => followed.events.length > 0);
      expect(followed.ids).toEqual(['f-1']);
    });

    it('reports nothing itself if an event comes', async () => {
      const followed = await knowing(work);
      exporter.servers = [];
      exporter.publish(draft('server-gone', work));
      exporter.cut();
      await followed.opened(2);
      exporter.publish(draft('server-up', play));
      await followed.until(() => followed.ids.includes('e-2'));
      expect(followed.ids).toEqual(['e-1', 'e-2']);
    });

    it('compares the servers, and reports a death that the stream never reported', async () => {
      const followed = await knowing(work);
      exporter.servers = [];
      exporter.cut();
      await followed.until(() => followed.events.length === 1);
      expect(followed.events[0]).toMatchObject({ synthetic: true, title: expect.stringContaining('work vanished') });
    });

    it('ends with a server that vanished, if it is to end with the first event', async () => {
      exporter.servers = [];
      const state = { cursor: 'old-5', host: null, servers: [work] };
      following = new Following(exporter.url, { state, isOnce: true }, clock);
      await following.ended;
      expect(following.events).toMatchObject([{ synthetic: true, server: { name: 'work' } }]);
      expect(following.state.servers).toEqual([]);
    });

    it('knows from its state who lived when it last ran', async () => {
      exporter.servers = [play];
      const state = { cursor: 'old-5', host: null, servers: [work, play] };
      following = new Following(exporter.url, { state }, clock);
      await following.until(() => following?.events.length === 1);
      expect(following.events[0]).toMatchObject({ synthetic: true, server: { name: 'work' } });
    });

    it('keeps in its state whose vanishing was not told yet', async () => {
      const state = { cursor: 'old-5', host: null, servers: [work] };
      following = new Following(exporter.url, { state, handle: () => new Promise(() => {}) }, clock);
      await following.until(() => following?.events.length === 1);
      expect(following.state.servers).toEqual([work]);
    });

    it('reports how many events are missing', async () => {
      await exporter.forget('g', 2);
      for (let count = 0; count < 5; count++) exporter.publish(draft('session-created', work));
      following = new Following(exporter.url, { state: { ...NO_STATE, cursor: 'g-1' } }, clock);
      await following.until(() => following?.events.length === 2);
      expect(following.statuses).toContainEqual({ kind: 'gap', isFleet: false, reason: 'evicted', missed: 2 });
    });
  });
});

/** The pauses of a comparison are long; here they are not. */
function afterAtOnce(_: number, task: () => void): () => void {
  const timer = setTimeout(task, 20);
  return () => clearTimeout(timer);
}
