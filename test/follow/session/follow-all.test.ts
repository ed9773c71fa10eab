import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createFeedClient } from '../../../src/follow/feed/feed-client.ts';
import type { FollowedEvent } from '../../../src/follow/feed/feed-event.ts';
import { systemClock } from '../../../src/follow/follow-clock.ts';
import { Feeds } from '../../../src/follow/session/feeds.ts';
import { followAll, onlyFirst } from '../../../src/follow/session/follow-all.ts';
import { Follower } from '../../../src/follow/session/follower.ts';
import { NO_STATE } from '../../../src/follow/session/state.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { Exporter } from '../support/exporter.ts';
import { draft, life } from '../support/samples.ts';

const work = life('work');

describe('Following several exporters', () => {
  let exporters: readonly Exporter[];
  let connected: number;
  let received: number;
  const cursors = new Map<string, string | null>();
  const ending = new AbortController();

  beforeEach(async () => {
    connected = 0;
    received = 0;
    cursors.clear();
    exporters = await Promise.all([Exporter.start('e', 'one'), Exporter.start('f', 'other')]);
  });

  afterEach(async () => {
    for (const exporter of exporters) await exporter.stop();
  });

  function run(isOnce: boolean, handle: (event: FollowedEvent) => Promise<void>): Promise<void> {
    const feeds = new Feeds();
    const followers = exporters.map(({ url }) => {
      const access = { url, authorization: async () => null, tls: async () => ({}) };
      return new Follower({
        client: createFeedClient(access, { scope: null, hosts: [], servers: [], types: [] }),
        clock: systemClock,
        random: () => 0,
        scope: null,
        route: feeds.add(NO_STATE, ({ cursor }) => cursors.set(url, cursor)),
        since: null,
        isOnce,
        wants: () => ++received > 0,
        handle,
        onReplay: () => {},
        onStatus: () => connected++,
      });
    });
    return followAll(followers, systemClock, ending.signal);
  }

  it('ends with the first event of any of them, and leaves the others for the next time', async () => {
    const gate = Promise.withResolvers<void>();
    const handled: (string | null)[] = [];
    const ended = run(
      true,
      onlyFirst()(({ id }) => {
        handled.push(id);
        return gate.promise;
      }),
    );
    await eventually('both are followed', () => connected === 2);
    exporters[0]?.publish(draft('session-created', work));
    await eventually('it is being handled', () => handled.length === 1);
    exporters[1]?.publish(draft('session-created', work));
    await eventually('the other has come', () => received === 2);
    gate.resolve();
    await ended;
    expect(handled).toEqual(['e-1']);
    expect([...cursors.values()]).toEqual(['e-1', 'f-0']);
  });

  it('lets the others save where they begin the next time, before it ends', async () => {
    const [one, other] = exporters as [Exporter, Exporter];
    const held: (() => void)[] = [];
    other.answer = (request, response) => {
      held.push(() => {
        other.answer = null;
        other.handle(request, response);
      });
    };
    const ended = run(
      true,
      onlyFirst()(async () => held[0]?.()),
    );
    await eventually('one is followed, the other is asked', () => connected === 1 && held.length === 1);
    one.publish(draft('session-created', work));
    await ended;
    expect(cursors.get(other.url)).toBe('f-0');
  });

  it('does not wait for one that cannot be reached', async () => {
    const [one, other] = exporters as [Exporter, Exporter];
    other.answer = (_, response) => response.destroy();
    const ended = run(true, async () => {});
    await eventually('both were tried', () => connected === 2);
    one.publish(draft('session-created', work));
    await ended;
    expect(cursors.has(other.url)).toBe(false);
  });

  it('ends as the handling of an event fails', async () => {
    const ended = run(false, () => Promise.reject(new Error('nobody reads')));
    const outcome = expect(ended).rejects.toThrow('nobody reads');
    await eventually('both are followed', () => connected === 2);
    exporters[1]?.publish(draft('session-created', work));
    await outcome;
  });
});
