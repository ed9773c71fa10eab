import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { initStreams } from '../../../src/bus/init.ts';
import { freePort } from '../machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';
import { NATS_SERVER } from './nats.ts';
import { NatsNode } from './nats-node.ts';

/** A bus as it must not be: the host is in one account with the streams, with the same rights. */
export class OneAccount {
  readonly #node: NatsNode;

  private constructor(node: NatsNode) {
    this.#node = node;
  }

  /** Starts it with its streams, and a user and password of the host's name. */
  static async start(host: string): Promise<OneAccount> {
    const [folder, clientPort, monitorPort] = [await makePrivateFolder(), await freePort(), await freePort()];
    await writeFile(join(folder, 'nats.conf'), configOf(host, clientPort, monitorPort));
    const node = new NatsNode({
      binary: NATS_SERVER ?? '',
      name: host,
      folder,
      file: 'nats.conf',
      clientPort,
      monitorPort,
    });
    await node.start();
    await initStreams(
      {
        servers: [`127.0.0.1:${clientPort}`],
        login: { kind: 'password', username: 'operator', password: 'operator' },
        tls: null,
        name: 'operator',
        inboxPrefix: '_INBOX',
      },
      { prefix: 'tmux', replicas: 1, maxAgeMs: 86_400_000, maxBytes: 1_048_576 },
    );
    return new OneAccount(node);
  }

  /** Connects the host, or the `operator`. */
  connect(name: string): Promise<NatsConnection> {
    const servers = `127.0.0.1:${this.#node.clientPort}`;
    return connect({ servers, user: name, pass: name, inboxPrefix: `_INBOX_${name}`, reconnect: false });
  }

  /** Ends it, and removes what it stored. */
  async cleanup(): Promise<void> {
    await this.#node.kill();
    await removeFolder(this.#node.folder);
  }
}

function configOf(host: string, port: number, monitorPort: number): string {
  // A mapped message needs the right for the subject that it is mapped to.
  const last = `$JS.API.DIRECT.GET.TMUX_EVENTS.tmux.events.${host}.*`;
  const publish = `["tmux.events.${host}.*", "tmux.hosts.${host}", "tmux.last.${host}.*", "${last}"]`;
  return `listen: 127.0.0.1:${port}
http: 127.0.0.1:${monitorPort}
jetstream { store_dir: data }
mappings { "tmux.last.*.*": "$JS.API.DIRECT.GET.TMUX_EVENTS.tmux.events.$1.$2" }
authorization {
  users: [
    {user: operator, password: operator}
    {user: ${host}, password: ${host}, permissions: {publish: ${publish}, subscribe: ["_INBOX_${host}.>"]}}
  ]
}
`;
}
