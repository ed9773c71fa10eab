import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BusConnection } from '../../src/bus/connection/nats-connection.ts';
import type { Answer } from '../../src/bus/connection/stream-answer.ts';
import { EventPort } from '../../src/bus/publish/event-port.ts';
import { advance, beginPublication, type Publication } from '../../src/bus/publish/publication.ts';
import { type LoggedEvent, storedEvent } from '../../src/core/event/event-log.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { cloneState } from '../support/fleet/store-copy.ts';
import { eventually } from '../support/machine/eventually.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { NATS_SERVER } from '../support/world/nats.ts';
import { NatsCluster } from '../support/world/nats-cluster.ts';
import type { NatsNode } from '../support/world/nats-node.ts';

const HOSTS = ['build7', 'build8'];
const STREAM = 'TMUX_EVENTS';
const WAIT_MS = 60_000;

/** Left out without a nats-server. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('On a bus of three nodes', () => {
  let cluster: NatsCluster;
  let daemons: Daemon[];
  let servers: TmuxServer[];

  beforeEach(async () => {
    daemons = [];
    servers = [];
    cluster = await NatsCluster.start({ hosts: HOSTS });
    await cluster.makeStreams();
  }, 90_000);

  afterEach(async () => {
    for (const server of servers) await server.cleanup();
    // The first one owns the folder in which later ones run.
    for (const daemon of daemons.toReversed()) await daemon.cleanup();
    await cluster.cleanup();
  });

  it('a node that lags behind answers with an old last message, and the publisher asks again', async () => {
    await publish(1, cluster.nodes);
    const leader = await cluster.leader(STREAM);
    const follower = cluster.nodes.find((node) => node !== leader) as NatsNode;
    await eventually('it has the first', async () => (await lastOf(follower)).kind === 'last', WAIT_MS);
    cluster.partition(follower);
    const second = await publish(
      2,
      cluster.nodes.filter((node) => node !== follower),
    );

    // Requests that it passes to another node are lost; it answers others itself.
    let stale: Answer = { kind: 'no_last' };
    const answers = async () => {
      stale = await lastOf(follower);
      return stale.kind === 'last';
    };
    await eventually('it answers', answers, WAIT_MS);
    expect(stale).toMatchObject({ kind: 'last', event: { epoch: 'e', seq: 1 } });
    const mark = { epoch: 'e', acked: 2, sequence: second, place: null };
    const asking: Publication = {
      ...beginPublication(mark, { epoch: 'e', head: 2 }, 'tmux.events.build7.*'),
      asksFrom: second,
    };
    const at = { isOurs: () => true, now: 0, random: 0.5 };
    const { publication, waitMs } = advance(asking, stale, null, at);
    // Taken for the truth, it would mean that the stream lost the second: it would be published again.
    expect({ asksFrom: publication.asksFrom, healsTo: publication.healsTo }).toEqual({ asksFrom: second, healsTo: 0 });
    expect(waitMs).toBeGreaterThan(0);
    expect(advance({ ...asking, asksFrom: 1 }, stale, null, at).publication.healsTo).toBe(2);

    cluster.heal();
    const isFresh = async () => JSON.stringify(await lastOf(follower)).includes(`"sequence":${second}`);
    await eventually('it has caught up', isFresh, WAIT_MS);
  }, 180_000);

  it('copies of one store on two hosts lose nothing, though the leader is killed', async () => {
    const first = await start('build7');
    await startServer(first, 'one');
    await eventually('one is published', async () => (await idsOf('build7')).length >= 1, WAIT_MS);
    await first.stop();
    const copy = join(cluster.folder, 'copy');
    await cloneState(first.sockets, copy);
    const again = await start('build7', first.sockets);
    const second = await start('build8', copy);
    for (const daemon of [again, second]) await startServer(daemon, 'two');
    const leader = await cluster.leader(STREAM);
    await leader.kill();
    for (const daemon of [again, second]) await startServer(daemon, 'three');
    await leader.start();
    await cluster.ready();

    for (const [daemon, name] of [[again, 'build7'] as const, [second, 'build8'] as const]) {
      const isEmpty = async () => (await daemon.sample('tmux_exporter_bus_outbox_events')) === 0;
      await eventually(`all of ${name} is published`, isEmpty, WAIT_MS);
      const ids = await idsOf(name);
      expect(ids).toEqual((await eventsOf(daemon)).map((id) => `${name}:${id}`).slice(-ids.length));
    }
    const [ids7, ids8] = [await idsOf('build7'), await idsOf('build8')];
    const same = ids7.filter((id) => ids8.includes(id.replace('build7', 'build8')));
    // Both emit events of the same ids: with the event id alone, the second would be dropped as a duplicate.
    expect(same.length).toBeGreaterThan(0);
  }, 180_000);

  /** Publishes an event as its exporter does, with the id `build7:e-<n>`. Gives its sequence. */
  async function publish(n: number, nodes: readonly NatsNode[]): Promise<number> {
    const port = await portAt(nodes);
    try {
      const json = JSON.stringify({ id: `e-${n}`, type: 'server-up' });
      const event = storedEvent(n, json, { level: 'routine', owner: '', server: '' });
      const answer = await port.publish(event, n - 1);
      if (answer.kind !== 'stored') throw new Error(JSON.stringify(answer));
      return answer.sequence;
    } finally {
      await port.close();
    }
  }

  async function lastOf(node: NatsNode): Promise<Answer> {
    const port = await portAt([node]);
    try {
      return await port.last();
    } finally {
      await port.close();
    }
  }

  async function portAt(nodes: readonly NatsNode[]) {
    const { promise, resolve } = Promise.withResolvers<void>();
    const clock = { now: Date.now, uptime: () => performance.now(), after };
    const observer = { onUp: () => resolve(), onDown: () => {} };
    const connection = new BusConnection(await cluster.accessOf('build7', nodes), observer, clock);
    await promise;
    const port = new EventPort(connection, 'tmux', 'build7');
    const publishing = async (event: LoggedEvent, sequence: number): Promise<Answer> => {
      let answer = await port.publish(event, sequence, 0);
      const isDone = async () => {
        if (answer.kind === 'unreachable') answer = await port.publish(event, sequence, 0);
        return answer.kind !== 'unreachable';
      };
      await eventually('the stream answers', isDone, WAIT_MS);
      return answer;
    };
    return { publish: publishing, last: () => port.last(), close: () => connection.close() };
  }

  function after(ms: number, action: () => void): () => void {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  }

  async function start(name: string, sockets?: string): Promise<Daemon> {
    const env = await cluster.environmentOf(name);
    const daemon = await Daemon.start({ env, ...(sockets !== undefined && { sockets }) });
    daemons.push(daemon);
    await eventually('it is connected', async () => (await daemon.sample('tmux_exporter_bus_up')) === 1, WAIT_MS);
    return daemon;
  }

  async function startServer(daemon: Daemon, name: string): Promise<void> {
    servers.push(await TmuxServer.start({ folder: daemon.sockets, name }));
    const isUp = async () => (await daemon.sample(`tmux_server_up{server="${name}"}`)) === 1;
    await eventually('it is up', isUp, WAIT_MS);
  }

  async function eventsOf(daemon: Daemon): Promise<string[]> {
    const response = await fetch(`${daemon.url}/api/v1/events?limit=1000`);
    return ((await response.json()) as { events: { id: string }[] }).events.map(({ id }) => id);
  }

  async function idsOf(name: string): Promise<string[]> {
    const messages = await cluster.messages(STREAM);
    return messages.filter(({ subject }) => subject.startsWith(`tmux.events.${name}.`)).map(({ id }) => id);
  }
});
