import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NatsConnection } from '@nats-io/transport-node';
import { type CliResult, cli, Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { ATTACKS, attack, stateOf } from '../support/world/bus-attacks.ts';
import { makeCertificate } from '../support/world/certificates.ts';
import { NATS_SERVER } from '../support/world/nats.ts';
import { NatsCluster } from '../support/world/nats-cluster.ts';
import type { NatsNode } from '../support/world/nats-node.ts';
import { OneAccount } from '../support/world/one-account.ts';

const HOSTS = ['build7', 'build8'];
const EVENT = 'tmux.events.build8.server-up';

/** Left out without a nats-server. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

async function isStored(connection: NatsConnection): Promise<boolean> {
  const answer = await connection.request(EVENT, '{"n":1}', { timeout: 10_000 }).catch(() => null);
  return answer !== null;
}

withNats('On the bus that docker/fleet configures', () => {
  let cluster: NatsCluster;
  let leaf: NatsNode;
  let operator: NatsConnection;

  beforeAll(async () => {
    cluster = await NatsCluster.start({ hosts: HOSTS, tls: true });
    await cluster.makeStreams();
    leaf = await cluster.startLeaf();
    operator = await cluster.connect('operator');
    // Nodes learn one after the other who listens for a new stream.
    await cluster.as('build8', (connection) => eventually('every node stores', () => isStored(connection)));
  }, 90_000);
  afterAll(async () => {
    await operator.close();
    await cluster.cleanup();
  });

  describe.each([
    ['the key of a host', 'build7', () => cluster.nodes],
    ['the key of a host at a leaf node', 'berlin1', () => [leaf]],
  ] as const)('%s', (_, name, nodes) => {
    let connection: NatsConnection;

    beforeAll(async () => {
      connection = await cluster.connect(name, { nodes: nodes() });
    });
    afterAll(() => connection.close());

    it('may publish its events, report its host, and ask for its last event', async () => {
      const [event, host, last] = [
        await connection.request(`tmux.events.${name}.server-up`, '{}', { timeout: 10_000 }),
        await connection.request(`tmux.hosts.${name}`, '{}', { timeout: 10_000 }),
        await connection.request(`tmux.last.${name}.*`, '', { timeout: 10_000 }),
      ];
      expect(event?.json()).toMatchObject({ stream: 'TMUX_EVENTS', seq: expect.any(Number) });
      expect(host?.json()).toMatchObject({ stream: 'TMUX_HOSTS', seq: expect.any(Number) });
      expect(last?.headers?.get('Nats-Subject')).toBe(`tmux.events.${name}.server-up`);
    }, 30_000);

    it.each([
      [EVENT],
      ['tmux.hosts.build8'],
      ['tmux.last.build8.*'],
      ['tmux.last.*.*'],
      ['$JS.API.INFO'],
      ['$JS.API.STREAM.NAMES'],
      ['$JS.API.STREAM.INFO.TMUX_EVENTS'],
      ['$JS.API.STREAM.PURGE.TMUX_EVENTS'],
      ['$JS.API.STREAM.DELETE.TMUX_EVENTS'],
      ['$JS.API.STREAM.MSG.GET.TMUX_EVENTS'],
      ['$JS.API.DIRECT.GET.TMUX_EVENTS'],
      ['$JS.API.DIRECT.GET.TMUX_EVENTS.tmux.events.build8.server-up'],
      ['$JS.API.CONSUMER.CREATE.TMUX_EVENTS'],
      ['$JS.API.CONSUMER.CREATE.TMUX_EVENTS.mine'],
    ])('may not use %s', async (subject) => {
      await expect(connection.request(subject, '', { timeout: 10_000 })).rejects.toThrow(/Permissions Violation/);
    });

    it.each([['>'], ['tmux.>'], ['_INBOX.>'], ['_INBOX_build8.>'], ['_INBOX_hub.>'], ['$JS.>']])(
      'may not subscribe to %s',
      async (subject) => {
        const failed = (async () => {
          for await (const _message of connection.subscribe(subject)) return;
        })();
        await expect(failed).rejects.toThrow(/Permissions Violation/);
      },
    );

    it.each(ATTACKS)(
      'cannot $what by the reply of a message of its own',
      async (attempt) => {
        const before = await stateOf(operator);
        await attack(connection, attempt, name);
        const after = await stateOf(operator);
        expect(after.foreign).toEqual(before.foreign);
        expect(after.streams).toEqual(before.streams);
      },
      30_000,
    );
  });

  it.each(ATTACKS)('each attack is one: a key in one account with the streams can $what', async (attempt) => {
    const open = await OneAccount.start('build7');
    try {
      const [host, owner] = [await open.connect('build7'), await open.connect('operator')];
      await host.request('tmux.events.build7.server-up', '{}');
      const before = await stateOf(owner);
      await attack(host, attempt, 'build7');
      await eventually('the attack succeeds', async () => attempt.hasSucceeded(before, await stateOf(owner)));
    } finally {
      await open.cleanup();
    }
  });

  it('a key without rights sees nothing', async () => {
    const stranger = cluster.as('stranger', (connection) => connection.flush());
    await expect(stranger).rejects.toThrow(/Authorization Violation/);
  });

  it('the key of a hub reads both streams, and can neither publish nor purge events', async () => {
    await cluster.as('hub', async (connection) => {
      for (const stream of ['TMUX_EVENTS', 'TMUX_HOSTS']) {
        const info = await connection.request(`$JS.API.STREAM.INFO.${stream}`, '', { timeout: 10_000 });
        expect(info.json()).toMatchObject({ config: { name: stream } });
      }
    });
    for (const subject of [EVENT, '$JS.API.STREAM.PURGE.TMUX_EVENTS', '$JS.API.STREAM.DELETE.TMUX_HOSTS']) {
      const request = cluster.as('hub', (connection) => connection.request(subject, '', { timeout: 10_000 }));
      await expect(request).rejects.toThrow(/Permissions Violation/);
    }
  });

  it('bus check says what is wrong: a key that nobody knows, an authority that signed nothing, the name of another host', async () => {
    const env = await cluster.environmentOf('build7');
    expect(await cli(['bus', 'check'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('may not publish events of other'),
    });

    const { file } = await cluster.keys.of('stranger');
    const unknown = await cli(['bus', 'check'], { ...env, TMUX_EXPORTER_BUS_NKEY_FILE: file });
    expect(unknown).toMatchObject({ code: 1, stdout: expect.stringContaining('Authorization Violation') });

    const { cert } = await makeCertificate(cluster.folder, 'another-ca');
    const foreign = await cli(['bus', 'check'], { ...env, TMUX_EXPORTER_BUS_TLS_CA_FILE: cert });
    expect(foreign).toMatchObject({ code: 1, stdout: expect.stringMatching(/cannot be reached: .*certificate/) });

    const other = await cli(['bus', 'check'], { ...env, TMUX_EXPORTER_FLEET_NAME: 'build8' });
    expect(other).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('give its user the right subscribe: _INBOX_build8.>'),
    });
    expect(seedsIn(unknown, foreign, other)).toEqual([]);
  }, 120_000);

  it('an exporter goes on when its key is allowed, stops when it is revoked, and shows its seed nowhere', async () => {
    const daemon = await Daemon.start({ env: await cluster.environmentOf('build9'), flags: ['--log.level=trace'] });
    let server: TmuxServer | null = null;
    try {
      await eventually('it says why it cannot', () =>
        daemon.log.some(({ msg }) => msg.includes('Authorization Violation')),
      );
      expect(await daemon.sample('tmux_exporter_bus_up')).toBe(0);
      await cluster.allow([...HOSTS, 'build9']);
      await eventually('it is connected', async () => (await daemon.sample('tmux_exporter_bus_up')) === 1);
      server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
      await eventually('its event is stored', async () => (await idsOf('build9')).length > 0);
      await cluster.allow(HOSTS);
      await eventually('it is cut off', async () => (await daemon.sample('tmux_exporter_bus_up')) === 0);
      const pages = await Promise.all(
        ['/metrics', '/', '/api/v1/servers', '/api/v1/events?limit=1000', '/api/v1/status'].map(async (path) =>
          (await fetch(`${daemon.url}${path}`)).text(),
        ),
      );
      expect(
        seedsIn(
          daemon.log,
          pages,
          cluster.nodes.map(({ log }) => log),
          leaf.log,
        ),
      ).toEqual([]);
    } finally {
      await server?.cleanup();
      await daemon.cleanup();
    }
  }, 120_000);

  it('a file of a key that is not private is refused, and nothing of it is shown', async () => {
    const file = join(cluster.folder, 'open.nk');
    await writeFile(file, await readFile((await cluster.keys.of('build7')).file, 'utf8'));
    await chmod(file, 0o644);
    const env = { ...(await cluster.environmentOf('build7')), TMUX_EXPORTER_BUS_NKEY_FILE: file };
    const results = [await cli(['bus', 'check'], env), await cli(['check'], env), await cli(['check', '--json'], env)];
    for (const { code, stdout } of results)
      expect([code, stdout]).toEqual([1, expect.stringContaining('expected 0600 or 0640')]);
    expect(seedsIn(results)).toEqual([]);
  }, 120_000);

  /** The seeds that an output has in it, which have to be none. */
  function seedsIn(...outputs: readonly (string | CliResult | object)[]): string[] {
    const text = JSON.stringify(outputs);
    expect(text.length).toBeGreaterThan(50);
    return cluster.keys.seeds.filter((seed) => text.includes(seed.slice(0, 20)));
  }

  async function idsOf(name: string): Promise<string[]> {
    const messages = await cluster.messages('TMUX_EVENTS');
    return messages.filter(({ subject }) => subject.startsWith(`tmux.events.${name}.`)).map(({ id }) => id);
  }
});
