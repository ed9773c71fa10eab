import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager, type StreamUpdateConfig } from '@nats-io/jetstream';
import { busClock } from '../../src/app/bus-link.ts';
import { tryHub } from '../../src/bus/hub-trial.ts';
import { type InitReport, initStreams } from '../../src/bus/init.ts';
import { accessOf, NATS_SERVER, NatsServer } from '../support/world/nats.ts';

/** Left out without a nats-server. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('bus init', () => {
  let nats: NatsServer;

  beforeEach(async () => {
    nats = await NatsServer.start([]);
    await init();
  });

  afterEach(() => nats.cleanup());

  it('finds the streams that it made as expected', async () => {
    const lines = ['TMUX_EVENTS: is as expected', 'TMUX_HOSTS: is as expected'];
    expect(await init()).toEqual({ lines, isComplete: true });
  });

  it.each<Partial<StreamUpdateConfig>>([
    { allow_rollup_hdrs: true },
    { no_ack: true },
    { max_msgs: 5 },
    { republish: { src: '>', dest: 'copy.>' } },
  ])('names what somebody changed: %j', async (change) => {
    await nats.asOperator(async (at) => (await jetstreamManager(at)).streams.update('TMUX_EVENTS', change));
    const { lines, isComplete } = await init();
    expect(isComplete).toBe(false);
    expect(lines[0]).toContain(Object.keys(change)[0]);
    expect(lines).toEqual([
      expect.any(String),
      expect.stringContaining('nats stream edit'),
      'TMUX_HOSTS: is as expected',
    ]);
  });

  it('has nothing to say to a hub about streams that are as expected', async () => {
    expect(await changesForHub()).toEqual([]);
  });

  /** What the check of a hub says of changed streams. */
  async function changesForHub(): Promise<string[]> {
    const results = await tryHub(accessOf([nats.port], 'hub'), 'tmux', busClock);
    return results.flatMap(({ verdict, message }) => (verdict === 'bad' ? [message] : []));
  }

  function init(): Promise<InitReport> {
    const wishes = { prefix: 'tmux', replicas: 1, maxAgeMs: 604_800_000, maxBytes: 1 << 30 };
    return initStreams(accessOf([nats.port], 'op'), wishes);
  }
});
