import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { type ConnectionOptions, connect, type NatsConnection } from '@nats-io/transport-node';
import type { BusAccess } from '../../../src/bus/connection/credentials.ts';
import { connectionOptions } from '../../../src/bus/connection/nats-connection.ts';
import { initStreams } from '../../../src/bus/init.ts';
import type { StreamWishes } from '../../../src/bus/stream/streams.ts';
import { eventually } from '../machine/eventually.ts';
import { freePort } from '../machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';
import { BusKeys, shippedFile } from './bus-files.ts';
import { type Certificate, makeCertificate, readCertificate } from './certificates.ts';
import { LinkProxy } from './link-proxy.ts';
import { messagesOf, NATS_SERVER, type StreamMessage } from './nats.ts';
import { NatsNode } from './nats-node.ts';

const NAMES = ['n1', 'n2', 'n3'] as const;
/** An election, and what a node that was away has to catch up with. */
const READY_MS = 120_000;
/** A start takes 0.2 to 8 s. If it takes longer, a port that was free is taken by now, or the nodes cannot agree. */
const START_MS = 20_000;

/** A handshake on a busy machine. */
const CONNECT_MS = 10_000;
/** An address on which nothing listens. */
const NOBODY = '127.0.0.1:1';

/** How a cluster is started. */
export interface NatsClusterOptions {
  /** The exporters that have a user. Those of the site in the shipped files, berlin1 and berlin2, log in to a leaf node. */
  readonly hosts: readonly string[];
  /** Whether clients and nodes use TLS, as the shipped files say. Without it, the lines that include tls.conf are left out. */
  readonly tls?: boolean;
  /** Whether its routes go through proxies, so that a node can be cut off; true by default. The proxies run in this process. */
  readonly proxied?: boolean;
}

interface Link {
  readonly nodes: readonly string[];
  readonly proxy: LinkProxy;
}

/** As `/jsz` gives it: only the leader lists replicas. */
interface MetaCluster {
  readonly replicas?: readonly { readonly offline?: boolean }[];
}

interface Ports {
  readonly client: number;
  readonly monitor: number;
  readonly cluster: number;
  readonly leaf: number;
}

/** The bus as `docker/fleet` ships it: three nodes on loopback, whose routes go through proxies that can be blocked. */
export class NatsCluster {
  readonly folder: string;
  readonly keys: BusKeys;
  /** The certificate that signed those of the nodes; null without TLS. */
  readonly authority: Certificate | null;
  readonly #ports: ReadonlyMap<string, Ports>;
  readonly #links: readonly Link[];
  readonly nodes: readonly NatsNode[];
  readonly #leaves: NatsNode[] = [];

  private constructor(
    folder: string,
    authority: Certificate | null,
    ports: ReadonlyMap<string, Ports>,
    links: readonly Link[],
  ) {
    this.folder = folder;
    this.keys = new BusKeys(folder);
    this.authority = authority;
    this.#ports = ports;
    this.#links = links;
    this.nodes = NAMES.map((name) => this.#nodeOf(name, 'node.conf', portsOf(ports, name)));
  }

  /** Starts it. Resolves when it has a leader. There are no streams yet. */
  static async start(options: NatsClusterOptions): Promise<NatsCluster> {
    const attempt = () => NatsCluster.#startOnce(options);
    return attempt().catch(attempt).catch(attempt);
  }

  static async #startOnce({ hosts, tls = false, proxied = true }: NatsClusterOptions): Promise<NatsCluster> {
    const folder = await makePrivateFolder();
    const authority = tls ? await makeCertificate(folder, 'ca') : null;
    const ports = new Map<string, Ports>();
    for (const name of NAMES) ports.set(name, await freePorts());
    const cluster = new NatsCluster(folder, authority, ports, proxied ? await linksBetween(ports) : []);
    try {
      for (const node of cluster.nodes) await cluster.#configure(node);
      await cluster.allow(hosts);
      await Promise.all(cluster.nodes.map((node) => node.start()));
      await cluster.ready(START_MS);
    } catch (error) {
      await cluster.cleanup();
      throw error;
    }
    return cluster;
  }

  /** The URLs for `bus.servers`. */
  get urls(): string[] {
    return this.nodes.map((node) => this.urlOf(node));
  }

  /** The URL of a node, or of a leaf node. */
  urlOf({ clientPort }: NatsNode): string {
    return this.authority ? `tls://localhost:${clientPort}` : `nats://127.0.0.1:${clientPort}`;
  }

  node(name: string): NatsNode {
    const found = this.nodes.find((node) => node.name === name);
    if (!found) throw new Error(`expected ${NAMES.join(', ')}, found ${name}`);
    return found;
  }

  /** Waits until each node that runs is well: it is in the cluster, and its streams are as new as those of the others. */
  async ready(withinMs = READY_MS): Promise<void> {
    const areWell = async () => {
      const running = this.nodes.filter(({ isRunning }) => isRunning);
      const answers = await Promise.all(running.map((node) => node.monitor('/healthz')));
      const count = running.length;
      return answers.every((answer) => answer !== null) && (await this.#peers()) === count;
    };
    await eventually('the nodes are well', areWell, withinMs);
  }

  /** Writes the users of these exporters, and lets the nodes that run read them. */
  async allow(hosts: readonly string[]): Promise<void> {
    const text = await this.keys.hostsFile(hosts);
    for (const node of this.nodes) {
      await writeFile(join(node.folder, 'hosts.conf'), text);
      node.signal('SIGHUP');
    }
  }

  /** How the product reaches the bus, as an exporter, the `hub` or the `operator`. */
  async accessOf(name: string, nodes: readonly NatsNode[] = this.nodes): Promise<BusAccess> {
    return {
      servers: nodes.map((node) => this.urlOf(node).replace(/^\w+:\/\//, '')),
      login: { kind: 'nkey', seed: (await this.keys.of(name)).seed },
      tls: this.authority && { ca: (await readCertificate(this.authority)).cert, cert: null, key: null },
      name,
      inboxPrefix: `_INBOX_${name}`,
    };
  }

  /** The environment of an exporter. */
  async environmentOf(name: string, servers: readonly string[] = this.urls): Promise<NodeJS.ProcessEnv> {
    return {
      TMUX_EXPORTER_FLEET_NAME: name,
      TMUX_EXPORTER_BUS_SERVERS: servers.join(','),
      TMUX_EXPORTER_BUS_NKEY_FILE: (await this.keys.of(name)).file,
      ...(this.authority && { TMUX_EXPORTER_BUS_TLS_CA_FILE: this.authority.cert }),
    };
  }

  /** Connects a user. The connection is not made again if it breaks. */
  async connect(
    name: string,
    { nodes, ...options }: ConnectionOptions & { readonly nodes?: readonly NatsNode[] } = {},
  ): Promise<NatsConnection> {
    const access = await this.accessOf(name, nodes);
    const attempt = () => connect({ ...connectionOptions(access), reconnect: false, timeout: CONNECT_MS, ...options });
    // A node that was just killed or started can accept a connection and cut it.
    return attempt().catch(attempt).catch(attempt);
  }

  /** Runs `work` with a connection of a user. */
  async as<T>(
    name: string,
    work: (connection: NatsConnection) => Promise<T>,
    options: Parameters<NatsCluster['connect']>[1] = {},
  ): Promise<T> {
    const connection = await this.connect(name, options);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** Runs `work` with a connection of the operator. Nodes that choose a leader, for a stream or a consumer, give no answer: then it is run again. */
  asOperator<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
    const attempt = () => this.as('operator', work);
    return attempt().catch(attempt).catch(attempt);
  }

  /** Makes the streams, as `bus init` does. */
  async makeStreams(wishes: Partial<StreamWishes> = {}): Promise<void> {
    const common = { prefix: 'tmux', replicas: 3, maxAgeMs: 7 * 86_400_000, maxBytes: 4 * 1_073_741_824 };
    const access = await this.accessOf('operator');
    let problem = '';
    const areMade = async () => {
      // On a busy machine the nodes can need longer than a request may take, to agree on who places streams.
      const { lines, isComplete } = await initStreams(access, { ...common, ...wishes }).catch((error: unknown) => ({
        lines: [String(error)],
        isComplete: false,
      }));
      problem = lines.join('\n');
      return isComplete;
    };
    await eventually('the streams are made', areMade, READY_MS).catch((error: unknown) => {
      throw new Error(problem, { cause: error });
    });
  }

  /** All messages of a stream, in order. */
  messages(stream: string): Promise<StreamMessage[]> {
    return this.asOperator((connection) => messagesOf(connection, stream));
  }

  /** The node that leads a stream, as the nodes say that can be asked; it waits for one. */
  async leader(stream: string): Promise<NatsNode> {
    let name = '';
    await eventually(
      `${stream} has a leader`,
      async () => {
        name = await this.#leaderName(stream).catch(() => '');
        return name !== '';
      },
      READY_MS,
    );
    return this.node(name);
  }

  /** Cuts all routes of a node. Its clients still reach it. */
  partition({ name }: NatsNode): void {
    for (const { nodes, proxy } of this.#links) if (nodes.includes(name)) proxy.block();
  }

  /** Lets all routes through again. */
  heal(): void {
    for (const { proxy } of this.#links) proxy.unblock();
  }

  /** The routes of the nodes that run: how many there are, and those that do not go through a proxy, which has to be none. */
  async routes(): Promise<{ readonly count: number; readonly around: readonly string[] }> {
    const routes: string[] = [];
    const around: string[] = [];
    for (const node of this.nodes.filter(({ isRunning }) => isRunning)) {
      const answer = (await node.monitor('/routez')) as { routes: { remote_name: string; port: number }[] } | null;
      for (const { remote_name, port } of answer?.routes ?? []) {
        const route = `${node.name} to ${remote_name} at ${port}`;
        routes.push(route);
        if (!this.#links.some(({ proxy }) => proxy.owns(port))) around.push(route);
      }
    }
    return { count: routes.length, around };
  }

  /** Starts the nats-server of the site of the shipped files. It needs TLS. */
  async startLeaf(name = 'berlin'): Promise<NatsNode> {
    const ports = await freePorts();
    const leaf = this.#nodeOf(name, 'leaf.conf', ports);
    this.#leaves.push(leaf);
    await mkdir(leaf.folder, { mode: 0o700 });
    await this.#writeTls(leaf);
    const addresses = NAMES.map((node) => [`${node}:7422`, `127.0.0.1:${portsOf(this.#ports, node).leaf}`]);
    const text = shippedFile('leaf.conf', {
      ...listening({ '0.0.0.0:4222': ports.client, '127.0.0.1:8222': ports.monitor }),
      ...Object.fromEntries(addresses),
      '/etc/nats/tls/ca.crt': this.authority?.cert ?? '',
    });
    await writeFile(join(leaf.folder, 'leaf.conf'), await this.keys.into(text));
    const { seed } = await this.keys.of('site');
    await writeFile(join(leaf.folder, 'site-seed.conf'), `nkey: ${seed}\n`, { mode: 0o600 });
    await leaf.start();
    await eventually('the leaf node is connected', async () => {
      const answer = (await leaf.monitor('/leafz')) as { leafnodes: number } | null;
      return (answer?.leafnodes ?? 0) > 0;
    });
    return leaf;
  }

  /** Ends all processes and proxies, and removes what was stored. */
  async cleanup(): Promise<void> {
    await Promise.all([...this.#leaves, ...this.nodes].map((node) => node.kill()));
    await Promise.all(this.#links.map(({ proxy }) => proxy.close()));
    await removeFolder(this.folder);
  }

  #nodeOf(name: string, file: string, { client, monitor }: Ports): NatsNode {
    const folder = join(this.folder, name);
    return new NatsNode({ binary: NATS_SERVER ?? '', name, folder, file, clientPort: client, monitorPort: monitor });
  }

  async #configure(node: NatsNode): Promise<void> {
    await mkdir(node.folder, { mode: 0o700 });
    const ports = portsOf(this.#ports, node.name);
    const routes = NAMES.map((other) => {
      const link = this.#links.find(({ nodes: [from, to] }) => from === node.name && to === other);
      const direct = this.#links.length === 0 ? portsOf(this.#ports, other).cluster : ports.cluster;
      return [`${other}:6222`, `127.0.0.1:${link?.proxy.port ?? direct}`];
    });
    const text = shippedFile('node.conf', {
      ...listening({
        '0.0.0.0:4222': ports.client,
        '127.0.0.1:8222': ports.monitor,
        '0.0.0.0:6222': ports.cluster,
        '0.0.0.0:7422': ports.leaf,
      }),
      ...Object.fromEntries(routes),
      // Nodes tell each other where the third listens. They would connect to it directly, around the proxies.
      'no_advertise: true\n  include': `no_advertise: true\n  advertise: ${NOBODY}\n  include`,
      '/data': join(node.folder, 'data'),
      ...(!this.authority && { 'include tls.conf': '' }),
    });
    await writeFile(join(node.folder, 'node.conf'), text);
    await writeFile(join(node.folder, 'accounts.conf'), await this.keys.into(shippedFile('accounts.conf')));
    await this.#writeTls(node);
  }

  async #writeTls({ name, folder }: NatsNode): Promise<void> {
    if (!this.authority) return;
    const names = `DNS:${name},DNS:localhost,IP:127.0.0.1`;
    const { cert, key } = await makeCertificate(folder, 'node', { names, issuer: this.authority });
    const text = shippedFile('tls.conf', {
      '/etc/nats/tls/node.crt': cert,
      '/etc/nats/tls/node.key': key,
      '/etc/nats/tls/ca.crt': this.authority.cert,
    });
    await writeFile(join(folder, 'tls.conf'), text);
  }

  /** How many nodes the leader of the cluster sees. It is itself one of them. */
  async #peers(): Promise<number> {
    for (const node of this.nodes.filter(({ isRunning }) => isRunning)) {
      const answer = (await node.monitor('/jsz')) as { meta_cluster?: MetaCluster } | null;
      const replicas = answer?.meta_cluster?.replicas ?? [];
      if (replicas.length > 0) return 1 + replicas.filter(({ offline = false }) => !offline).length;
    }
    return 0;
  }

  #leaderName(stream: string): Promise<string> {
    const nodes = this.nodes.filter(({ isRunning }) => isRunning);
    return this.as(
      'operator',
      async (connection) => {
        const { streams } = await jetstreamManager(connection, { timeout: 2_000, checkAPI: false });
        return (await streams.info(stream)).cluster?.leader ?? '';
      },
      { nodes, timeout: 2_000 },
    );
  }
}

async function freePorts(): Promise<Ports> {
  return {
    client: await freePort(),
    monitor: await freePort(),
    cluster: await freePort(),
    leaf: await freePort(),
  };
}

function portsOf(ports: ReadonlyMap<string, Ports>, name: string): Ports {
  const found = ports.get(name);
  if (!found) throw new Error(`expected the ports of ${name}`);
  return found;
}

/** A proxy from each node to each other one. */
async function linksBetween(ports: ReadonlyMap<string, Ports>): Promise<Link[]> {
  const pairs = NAMES.flatMap((from) => NAMES.filter((to) => to !== from).map((to) => [from, to] as const));
  const links: Link[] = [];
  for (const nodes of pairs) links.push({ nodes, proxy: await LinkProxy.start(portsOf(ports, nodes[1]).cluster) });
  return links;
}

function listening(ports: Readonly<Record<string, number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(ports).map(([address, port]) => [address, `127.0.0.1:${port}`]));
}
