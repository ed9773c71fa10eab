import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/machine/eventually.ts';
import { NATS_SERVER } from '../support/world/nats.ts';
import { NatsCluster } from '../support/world/nats-cluster.ts';
import type { NatsNode } from '../support/world/nats-node.ts';

const STREAM = 'TMUX_EVENTS';

/** Left out without a nats-server. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('The three nodes that docker/fleet configures', () => {
  let cluster: NatsCluster;

  beforeEach(async () => {
    cluster = await NatsCluster.start({ hosts: ['build7'] });
    await cluster.makeStreams();
  }, 120_000);
  afterEach(() => cluster.cleanup());

  it('store a message on all three, and synchronize it before they acknowledge it', async () => {
    expect(await stored(1)).toMatchObject({ stream: STREAM, seq: 1 });
    for (const node of cluster.nodes) {
      const { config } = (await node.monitor('/jsz')) as { config: Record<string, unknown> };
      expect(config).toMatchObject({ max_storage: 10 * 1_073_741_824, sync_always: true });
    }
    const info = await cluster.as('operator', (connection) => connection.request(`$JS.API.STREAM.INFO.${STREAM}`));
    expect(info.json()).toMatchObject({ cluster: { replicas: [{ current: true }, { current: true }] } });
  });

  it('elect another leader when one is killed, and take it back', async () => {
    const leader = await cluster.leader(STREAM);
    await leader.kill();
    await eventually('there is another leader', async () => (await cluster.leader(STREAM)) !== leader, 30_000);
    await stored(1);
    await leader.start();
    await eventually('it has what was stored meanwhile', async () => (await storedOn(leader)) === 1);
  });

  it('elect another leader when one is stopped, and go on with it afterwards', async () => {
    const leader = await cluster.leader(STREAM);
    leader.signal('SIGSTOP');
    await stored(1, others(leader));
    leader.signal('SIGCONT');
    await eventually('it has what was stored meanwhile', async () => (await storedOn(leader)) === 1);
  });

  it('lose nothing when all are killed', async () => {
    await stored(1);
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await cluster.ready();
    await stored(2);
    expect(new Set((await cluster.messages(STREAM)).map(({ body }) => body['n']))).toEqual(new Set([1, 2]));
  });

  it('have no route around the proxies, so that a node can be cut off', async () => {
    expect(await cluster.routes()).toMatchObject({ around: [], count: expect.any(Number) });
    const leader = await cluster.leader(STREAM);
    cluster.partition(leader);
    await stored(1, others(leader));
    expect((await cluster.routes()).around).toEqual([]);
    await expect(publish(2, [leader])).rejects.toThrow();
    cluster.heal();
    await cluster.ready();
    await stored(3, [leader]);
    const { count, around } = await cluster.routes();
    expect({ around, isMesh: count >= 6 }).toEqual({ around: [], isMesh: true });
    expect((await cluster.messages(STREAM)).map(({ body }) => body['n'])).toEqual([1, 3]);
  });

  it('give back what one node lost with an old copy of its store', async () => {
    const node = others(await cluster.leader(STREAM))[0] as NatsNode;
    await stored(1);
    await node.kill();
    const copy = node.copyStore();
    await node.start();
    await cluster.ready();
    await stored(2);
    await node.kill();
    node.restoreStore(copy);
    await node.start();
    await eventually('it has the second again', async () => (await storedOn(node)) === 2);
  });

  function others(node: NatsNode): NatsNode[] {
    return cluster.nodes.filter((other) => other !== node);
  }

  async function publish(n: number, nodes: readonly NatsNode[] = cluster.nodes): Promise<Record<string, unknown>> {
    return cluster.as(
      'build7',
      async (connection) => {
        const answer = await connection.request('tmux.events.build7.server-up', JSON.stringify({ n }), {
          timeout: 2_000,
        });
        return answer.json();
      },
      { nodes },
    );
  }

  /** Publishes until it is stored, and gives the acknowledgement: at first the nodes need not know the stream. The messages of a test are told apart by `n`. */
  async function stored(n: number, nodes: readonly NatsNode[] = cluster.nodes): Promise<Record<string, unknown>> {
    const running = nodes.filter(({ isRunning }) => isRunning);
    let answer: Record<string, unknown> = {};
    const attempt = async () => {
      answer = await publish(n, running).catch(() => ({}));
      return 'seq' in answer;
    };
    await eventually(`${n} is stored`, attempt, 30_000);
    return answer;
  }

  /** How many messages the store of one node holds, by its own account. */
  async function storedOn(node: NatsNode): Promise<number> {
    const answer = (await node.monitor('/jsz?streams=true&accounts=true')) as {
      account_details?: { stream_detail?: { name: string; state: { messages: number } }[] }[];
    } | null;
    const streams = (answer?.account_details ?? []).flatMap(({ stream_detail = [] }) => stream_detail);
    return streams.find(({ name }) => name === STREAM)?.state.messages ?? 0;
  }
});
