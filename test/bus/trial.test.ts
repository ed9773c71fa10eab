import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { busClock } from '../../src/app/bus-link.ts';
import { tryHub } from '../../src/bus/hub-trial.ts';
import { type TrialResult, tryBus } from '../../src/bus/trial.ts';
import { accessOf, NATS_SERVER, NatsServer } from '../support/world/nats.ts';
import { makeStreams } from './read/support/fleet-publisher.ts';

/** Left out without a nats-server. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('The check of a key', () => {
  let nats: NatsServer;

  beforeEach(async () => {
    nats = await NatsServer.start(['build7']);
  });

  afterEach(() => nats.cleanup());

  it('says what it may do', async () => {
    await nats.asOperator((at) => makeStreams(at));
    expect(linesOf(await tryBus(accessOf([nats.port], 'build7'), 'tmux', 'build7', busClock))).toEqual([
      'fine build7 may publish its events',
      'fine build7 may report its host',
      'fine build7 may ask for its last event',
      'fine build7 may not publish events of other exporters',
    ]);
  });

  it.each([
    ['an exporter', 'build7', () => tryBus(withInbox('build7', '_INBOX_typo'), 'tmux', 'build7', busClock)],
    ['a hub', 'hub', () => tryHub(withInbox('hub', '_INBOX_typo'), 'tmux', busClock)],
  ])('of %s that may not receive answers says so, and nothing else', async (_, name, attempt) => {
    await nats.asOperator((at) => makeStreams(at));
    expect(await attempt()).toEqual([
      {
        verdict: 'bad',
        message: expect.stringMatching(new RegExp(`^${name} may not receive answers: .*Subscription to "_INBOX_typo`)),
        cure: expect.stringContaining('the right subscribe: _INBOX_typo.>'),
      },
    ]);
  });

  it('names each right that is missing', async () => {
    await nats.asOperator((at) => makeStreams(at));
    const results = await tryBus(accessOf([nats.port], 'build7'), 'tmux', 'build8', busClock);
    expect(results.flatMap(({ cure }) => cure ?? [])).toEqual([
      'give its user the right publish: tmux.events.build8.*',
      'give its user the right publish: tmux.hosts.build8',
      'give its user the right publish: tmux.last.build8.*',
    ]);
  });

  it('names no_ack if a stream gives no answer', async () => {
    await nats.asOperator(async (at) => {
      await makeStreams(at);
      await (await jetstreamManager(at)).streams.update('TMUX_EVENTS', { no_ack: true });
    });
    const [events, host] = await tryBus(accessOf([nats.port], 'build7'), 'tmux', 'build7', busClock);
    expect(events).toMatchObject({ verdict: 'bad', cure: expect.stringContaining('no_ack') });
    expect(host).toMatchObject({ verdict: 'fine' });
  });

  function withInbox(user: string, inboxPrefix: string) {
    return { ...accessOf([nats.port], user), inboxPrefix };
  }
});

function linesOf(results: readonly TrialResult[]): string[] {
  return results.map(({ verdict, message }) => `${verdict} ${message}`);
}
