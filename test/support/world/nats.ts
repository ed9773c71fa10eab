import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { BusAccess } from '../../../src/bus/connection/credentials.ts';
import { versionProblem } from '../../../src/bus/connection/version.ts';
import { eventually } from '../machine/eventually.ts';
import { freePort } from '../machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';

/** A nats-server in the path, or as `go install` left it, that is new enough; null if there is none. */
export const NATS_SERVER: string | null = findServer();

function findServer(): string | null {
  const { stdout } = spawnSync('sh', ['-c', 'command -v nats-server; go env GOPATH'], { encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line !== '');
  const paths = lines.map((line) => (line.endsWith('nats-server') ? line : join(line, 'bin', 'nats-server')));
  return paths.find((path) => versionProblem(versionOf(path)) === null) ?? null;
}

function versionOf(path: string): string {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return stdout?.split(' v')[1]?.trim() ?? '';
}

/** A message of a stream. */
export interface StreamMessage {
  readonly subject: string;
  readonly sequence: number;
  readonly id: string;
  readonly missed: string;
  readonly body: Record<string, unknown>;
}

/** One nats-server on loopback, with the two accounts of a fleet. Each host has a user and password of its own name; `op` is the operator, `hub` a hub, `onlooker` one that may not forget hosts. */
export class NatsServer {
  readonly port: number;
  readonly #folder: string;
  #process: ChildProcess;

  private constructor(process: ChildProcess, port: number, folder: string) {
    this.#process = process;
    this.port = port;
    this.#folder = folder;
  }

  /** Starts it. `binary` is another nats-server than the installed one. */
  static async start(hosts: readonly string[], binary = NATS_SERVER ?? ''): Promise<NatsServer> {
    const folder = await makePrivateFolder();
    const port = await freePort();
    await writeFile(join(folder, 'nats.conf'), configOf(port, hosts));
    const server = new NatsServer(run(binary, folder), port, folder);
    await server.#ready();
    return server;
  }

  /** The URL for `bus.servers`. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Ends it at once, and keeps what it stored. */
  async kill(): Promise<void> {
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }

  /** Stops it in the middle of whatever it does, until it is woken. */
  freeze(): void {
    this.#process.kill('SIGSTOP');
  }

  /** Lets it go on. */
  wake(): void {
    this.#process.kill('SIGCONT');
  }

  /** Starts it again with what it stored. */
  async restart(binary = NATS_SERVER ?? ''): Promise<void> {
    this.#process = run(binary, this.#folder);
    await this.#ready();
  }

  /** Puts its store back to a copy that `copyStore` made. It must not run. */
  restoreStore(copy: string): void {
    execFileSync('rm', ['-rf', join(this.#folder, 'js')]);
    execFileSync('cp', ['-a', copy, join(this.#folder, 'js')]);
  }

  /** Copies its store to a new path. It must not run. */
  copyStore(): string {
    const copy = join(this.#folder, `copy-${performance.now()}`);
    execFileSync('cp', ['-a', join(this.#folder, 'js'), copy]);
    return copy;
  }

  /** Runs `work` with a connection of the operator. */
  async asOperator<T>(work: (connection: NatsConnection) => Promise<T>): Promise<T> {
    const connection = await connect({ servers: `127.0.0.1:${this.port}`, user: 'op', pass: 'op', reconnect: false });
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** All messages of a stream, in order. */
  messages(stream: string): Promise<StreamMessage[]> {
    return this.asOperator((connection) => messagesOf(connection, stream));
  }

  /** Ends it, and removes what it stored. */
  async cleanup(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    await removeFolder(this.#folder);
  }

  async #ready(): Promise<void> {
    await eventually('nats-server is ready', () => this.asOperator(async () => true).catch(() => false));
  }
}

/** How the product reaches servers on loopback as a user whose password is its name. */
export function accessOf(ports: readonly number[], user: string): BusAccess {
  return {
    servers: ports.map((port) => `127.0.0.1:${port}`),
    login: { kind: 'password', username: user, password: user },
    tls: null,
    name: `tmux-exporter ${user}`,
    inboxPrefix: `_INBOX_${user}`,
  };
}

/** All messages of a stream, in order. */
export async function messagesOf(connection: NatsConnection, stream: string): Promise<StreamMessage[]> {
  const { streams } = await jetstreamManager(connection);
  const { state } = await streams.info(stream);
  if (state.messages === 0) return [];
  const found: StreamMessage[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await streams.getMessage(stream, { seq });
    if (!message) continue;
    const { subject, header } = message;
    const [id, missed] = [header.get('Nats-Msg-Id'), header.get('Tmux-Missed')];
    found.push({ subject, sequence: seq, id, missed, body: message.data.length === 0 ? {} : message.json() });
  }
  return found;
}

function run(binary: string, folder: string): ChildProcess {
  return spawn(binary, ['-c', join(folder, 'nats.conf')], { stdio: 'ignore', cwd: folder });
}

/** The rights that docs/fleet.md gives a hub, but the one to forget hosts. */
const HUB_RIGHTS = [
  ...['TMUX_EVENTS', 'TMUX_HOSTS'].flatMap((stream) => [
    `$JS.API.STREAM.INFO.${stream}`,
    ...['CREATE', 'INFO', 'DELETE', 'MSG.NEXT'].map((what) => `$JS.API.CONSUMER.${what}.${stream}.>`),
  ]),
  '$JS.API.DIRECT.GET.TMUX_EVENTS',
  '$JS.FC.>',
];

/** A hub, which may publish `rights`. */
function hubUser(name: string, rights: readonly string[]): string {
  return `{user: ${name}, password: ${name}, permissions: {publish: ${JSON.stringify(rights)}, subscribe: ["_INBOX_hub.>"]}}`;
}

function configOf(port: number, hosts: readonly string[]): string {
  const users = hosts.map(
    (name) =>
      `{user: ${name}, password: ${name}, permissions: {publish: ["tmux.events.${name}.*", "tmux.hosts.${name}", "tmux.last.${name}.*"], subscribe: ["_INBOX_${name}.>"]}}`,
  );
  return `host: 127.0.0.1
port: ${port}
jetstream { store_dir: js }
accounts {
  TMUX {
    jetstream: enabled
    users: [{user: op, password: op}, ${hubUser('hub', [...HUB_RIGHTS, '$JS.API.STREAM.PURGE.TMUX_HOSTS'])}, ${hubUser('onlooker', HUB_RIGHTS)}]
    exports: [{service: "tmux.events.*.*"}, {service: "tmux.hosts.*"}, {service: "$JS.API.DIRECT.GET.TMUX_EVENTS.tmux.events.*.*"}]
  }
  HOSTS {
    users: [${users.join(', ')}]
    imports: [
      {service: {account: TMUX, subject: "tmux.events.*.*"}}
      {service: {account: TMUX, subject: "tmux.hosts.*"}}
      {service: {account: TMUX, subject: "$JS.API.DIRECT.GET.TMUX_EVENTS.tmux.events.*.*"}, to: "tmux.last.*.*"}
    ]
  }
}
`;
}
