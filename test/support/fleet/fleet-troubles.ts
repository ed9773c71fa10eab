import { setTimeout as delay } from 'node:timers/promises';
import { EVENT_STREAM } from '../../../src/bus/stream/streams.ts';
import { eventually } from '../machine/eventually.ts';
import type { NatsCluster } from '../world/nats-cluster.ts';
import type { NatsNode } from '../world/nats-node.ts';
import { FleetFollower } from './fleet-follower.ts';
import type { FleetWorld } from './fleet-world.ts';
import { oneOf } from './random-events.ts';

/** How long the troubles last. */
export interface TroubleTimes {
  readonly stoppedMs: number;
  readonly partitionMs: number;
  readonly fullMs: number;
  /** While a node is away. */
  readonly awayMs: number;
}

/** Something that happens to a fleet. It ends when the nodes are well again. */
export type Trouble = (world: FleetWorld, times: TroubleTimes) => Promise<void>;

/**
 * The name of the one that gives the clients time for troubles of their own. It comes last: the node that was cut off can need a
 * minute and more until it has caught up.
 */
export const LONG_TROUBLE = 'a node is partitioned';

const SMALL_BYTES = 256 * 1_024;
const LARGE_BYTES = 2 ** 30;

/** Troubles of the nodes and of what they store, by name. Each happens once in a storm. */
export const NODE_TROUBLES: Readonly<Record<string, Trouble>> = {
  'node n1 is killed': (world, times) => killed(world, world.cluster.node('n1'), times),
  'node n2 is killed': (world, times) => killed(world, world.cluster.node('n2'), times),
  'node n3 is killed': (world, times) => killed(world, world.cluster.node('n3'), times),
  'the leader is killed': async (world, times) => killed(world, await world.cluster.leader(EVENT_STREAM), times),
  'the leader is stopped': async ({ cluster }, { stoppedMs }) => {
    const leader = await cluster.leader(EVENT_STREAM);
    leader.signal('SIGSTOP');
    await delay(stoppedMs);
    leader.signal('SIGCONT');
    await wellAgain(cluster);
  },
  [LONG_TROUBLE]: async ({ cluster }, { partitionMs }) => {
    const leader = await cluster.leader(EVENT_STREAM);
    await noneAround(cluster);
    cluster.partition(leader);
    await delay(partitionMs);
    await noneAround(cluster);
    cluster.heal();
    await wellAgain(cluster);
  },
  'all nodes are killed': async ({ cluster }, { awayMs }) => {
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await delay(awayMs);
    await Promise.all(cluster.nodes.map((node) => node.start()));
    await wellAgain(cluster);
  },
  'a node gets an old copy of its store': (world, times) =>
    restored(world, [oneOf(world.cluster.nodes, world.random)], times),
  'all nodes get old copies of their stores': (world, times) => restored(world, world.cluster.nodes, times),
  'the stream is purged': (world) => world.inQuiet(() => world.manage((streams) => streams.purge(EVENT_STREAM))),
  'the stream is made anew': (world) =>
    world.inQuiet(async () => {
      await world.manage((streams) => streams.delete(EVENT_STREAM));
      await world.cluster.makeStreams();
    }),
  'the stream is full': async (world, { fullMs }) => {
    // To make it smaller throws old events away, whether they were heard or not.
    await world.inQuiet(() => resize(world, SMALL_BYTES));
    await delay(fullMs);
    const { state } = await world.manage((streams) => streams.info(EVENT_STREAM));
    if (state.bytes > SMALL_BYTES)
      throw new Error(`expected a full stream of ${SMALL_BYTES} bytes, found ${state.bytes}`);
    await resize(world, LARGE_BYTES);
  },
};

/** Troubles of exporters, hubs and followers, by name. Each happens once in a storm, whatever happens to the nodes. */
export const CLIENT_TROUBLES: Readonly<Record<string, Trouble>> = {
  'publishers are killed': async ({ hosts }) => {
    await Promise.all(hosts.map((host) => host.restart()));
  },
  'a hub is killed': async ({ hubs, random }) => {
    if (hubs.length > 0) await oneOf(hubs, random).restart();
  },
  'followers change hubs': async ({ ears }) => {
    for (const ear of ears) if (ear instanceof FleetFollower) ear.move();
  },
  'an exporter is killed': async ({ exporters, random }) => {
    if (exporters.length > 0) await oneOf(exporters, random).die(random);
  },
};

async function killed({ cluster }: FleetWorld, node: NatsNode, { awayMs }: TroubleTimes): Promise<void> {
  await node.kill();
  await delay(awayMs);
  await node.start();
  await wellAgain(cluster);
}

/** Copies the stores of nodes, lets some events happen, and puts the copies back. The copies hold an event of each exporter: without one, it goes on as after a purge. */
async function restored(world: FleetWorld, nodes: readonly NatsNode[], { awayMs }: TroubleTimes): Promise<void> {
  const { cluster, hosts, exporters, random } = world;
  for (const host of hosts) host.emit();
  for (const exporter of exporters) await exporter.crash(random);
  for (const exporter of exporters) await eventually('its events are published', () => exporter.hasPublished(), 60_000);
  await eventually('all is published', () => hosts.every(({ waiting }) => waiting === 0), 60_000);
  await Promise.all(nodes.map((node) => node.kill()));
  const copies = nodes.map((node) => [node, node.copyStore()] as const);
  await Promise.all(nodes.map((node) => node.start()));
  await wellAgain(cluster);
  const before = acknowledged(world);
  await delay(awayMs);
  await eventually('some events were published', () => acknowledged(world) > before + world.hosts.length, 60_000);
  await Promise.all(nodes.map((node) => node.kill()));
  for (const [node, copy] of copies) node.restoreStore(copy);
  await Promise.all(nodes.map((node) => node.start()));
  await wellAgain(cluster);
}

async function resize(world: FleetWorld, max_bytes: number): Promise<void> {
  await world.manage((streams) => streams.update(EVENT_STREAM, { max_bytes }));
}

async function noneAround(cluster: NatsCluster): Promise<void> {
  const { around } = await cluster.routes();
  if (around.length > 0) throw new Error(`expected every route to go through a proxy, found ${around.join(', ')}`);
}

function acknowledged({ hosts }: FleetWorld): number {
  return hosts.reduce((sum, { acks }) => sum + acks.length, 0);
}

async function wellAgain(cluster: NatsCluster): Promise<void> {
  await cluster.ready().catch((error: unknown) => {
    const logs = cluster.nodes.map(({ name, log }) => `${name}:\n${log.split('\n').slice(-15).join('\n')}`);
    throw new Error(`the nodes are not well again:\n${logs.join('\n')}`, { cause: error });
  });
}
