import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { createUser } from '@nats-io/nkeys';
import { headers } from '@nats-io/transport-node';
import { busEnvironment } from '../support/daemon/bus-user.ts';
import { type CliResult, cli, Daemon } from '../support/daemon/daemon.ts';
import { cloneState, copyState } from '../support/fleet/store-copy.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { NATS_SERVER, NatsServer, type StreamMessage } from '../support/world/nats.ts';

const HOSTS = ['build7', 'build8'];

/** Reports every module of the bus or its client that the process loads. */
const REPORT_LOADS = `import { registerHooks } from 'node:module';
registerHooks({
  load(url, context, next) {
    if (/@nats-io|\\/src\\/bus\\//.test(url)) process.stderr.write('loaded ' + url + '\\n');
    return next(url, context);
  },
});`;

/** An old nats-server, such as that of Debian 12, unpacked; without one its test is left out. */
const OLD_SERVER = process.env['OLD_NATS_SERVER'];
const withOldServer = OLD_SERVER === undefined ? it.skip : it;

/** Left out without a nats-server: `GOTOOLCHAIN=local go install github.com/nats-io/nats-server/v2@v2.15.2` installs one. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('An exporter with a bus', () => {
  let folder: string;
  let nats: NatsServer;
  let daemons: Daemon[];
  let servers: TmuxServer[];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    nats = await NatsServer.start(HOSTS);
    daemons = [];
    servers = [];
  });

  afterEach(async () => {
    for (const server of servers) await server.cleanup();
    // The first one owns the folder in which later ones run.
    for (const daemon of daemons.toReversed()) await daemon.cleanup();
    await nats.cleanup();
    await removeFolder(folder);
  });

  it('publishes each event once, in order, and reports its host', async () => {
    await init();
    const daemon = await start('build7');
    const server = await startServer(daemon);
    await server.crash();
    const [messages, events] = [await published('build7', 'server-gone'), await eventsOf(daemon)];

    const ids = events.map(({ id }) => `build7:${id}`);
    expect(messages.map(({ id }) => id)).toEqual(ids.slice(ids.indexOf(messages[0]?.id ?? '')));
    expect(messages.map(({ body }) => body)).toEqual(events.slice(-messages.length));
    expect(messages.at(-1)?.subject).toBe('tmux.events.build7.server-gone');
    expect(await daemon.sample('tmux_exporter_bus_up')).toBe(1);
    expect(await daemon.sample('tmux_exporter_bus_outbox_events')).toBe(0);

    await daemon.stop();
    const [host] = await nats.messages('TMUX_HOSTS');
    expect(host?.body).toMatchObject({ v: 1, name: 'build7', state: 'left', heartbeat_ms: 30_000 });
  }, 60_000);

  it('publishes after an outage, and after a restart, what happened meanwhile', async () => {
    await init();
    const daemon = await start('build7');
    const server = await startServer(daemon);
    await published('build7', 'server-registered');
    await nats.kill();
    await server.crash();
    await eventually('the death is emitted', async () => (await gone(daemon)) === 1);
    await daemon.stop('SIGKILL');
    await nats.restart();
    const next = await start('build7', { sockets: daemon.sockets });
    await published('build7', 'server-gone');

    expect(await idsOf('build7')).toEqual(await lastIdsOf(next, 'build7'));
  }, 60_000);

  it('publishes each event once if it is killed while it publishes', async () => {
    await init();
    let daemon = await start('build7');
    for (const round of [1, 2, 3]) {
      await Promise.all(['a', 'b', 'c', 'd'].map((name) => startServer(daemon, `${name}${round}`)));
      await daemon.stop('SIGKILL');
      daemon = await start('build7', { sockets: daemon.sockets });
    }
    const ids = await lastIdsOf(daemon, 'build7');

    expect(await idsOf('build7')).toEqual(ids);
    expect(ids.length).toBeGreaterThanOrEqual(12);
  }, 60_000);

  it('is taken from a configuration that is read again, and leaves the fleet when it is gone from it', async () => {
    await init();
    const file = join(folder, 'config.yaml');
    const { TMUX_EXPORTER_BUS_PASSWORD_FILE: password } = await environmentOf('build7', 'build7');
    const config = `fleet: {name: build7}\nbus: {servers: ['${nats.url}'], username: build7, password_file: ${password}}\n`;
    await writeFile(file, '');
    const daemon = await Daemon.start({ flags: [`--config.file=${file}`] });
    daemons.push(daemon);
    await writeFile(file, config);
    daemon.kill('SIGHUP');
    await eventually('it is connected', async () => (await daemon.sample('tmux_exporter_bus_up')) === 1);
    await startServer(daemon);
    await published('build7', 'server-registered');
    await writeFile(file, '');
    daemon.kill('SIGHUP');
    const hosts = () => nats.messages('TMUX_HOSTS');
    await eventually('it has left', async () => (await hosts())[0]?.body['state'] === 'left');
    await eventually('its metrics are gone', async () => !(await daemon.metrics()).includes('tmux_exporter_bus'));
  }, 60_000);

  it('goes on after the stream is purged or made anew', async () => {
    await init();
    const daemon = await start('build7');
    await startServer(daemon, 'one');
    await published('build7', 'server-registered');
    await manage((streams) => streams.purge('TMUX_EVENTS'));
    await startServer(daemon, 'two');
    await eventually('two is published', async () => (await idsOf('build7')).length >= 1);
    await manage((streams) => streams.delete('TMUX_EVENTS'));
    await init();
    await startServer(daemon, 'three');
    await eventually('three is published', async () => (await idsOf('build7')).length >= 1);

    const ids = await idsOf('build7');
    expect(ids).toEqual([...new Set(ids)]);
  }, 60_000);

  it('puts back the events that the stream lost', async () => {
    await init();
    const daemon = await start('build7');
    await startServer(daemon, 'one');
    await eventually('one is published', async () => (await idsOf('build7')).length >= 1);
    await nats.kill();
    const copy = nats.copyStore();
    await nats.restart();
    await startServer(daemon, 'two');
    await eventually('all is published', async () => (await daemon.sample('tmux_exporter_bus_outbox_events')) === 0);
    const before = await idsOf('build7');
    await nats.kill();
    nats.restoreStore(copy);
    await nats.restart();
    await startServer(daemon, 'three');
    await eventually('they are back', async () => (await idsOf('build7')).length > before.length);

    const ids = await idsOf('build7');
    expect(ids.slice(0, before.length)).toEqual(before);
    expect(ids).toEqual([...new Set(ids)]);
    expect(await daemon.sample('tmux_exporter_bus_published_total{result="healed"}')).toBeGreaterThan(0);
  }, 60_000);

  it('loses nothing if two hosts have copies of one store', async () => {
    await init();
    const first = await start('build7');
    await startServer(first, 'one');
    await eventually('one is published', async () => (await idsOf('build7')).length >= 1);
    await first.stop();
    const copy = join(folder, 'copy');
    await cloneState(first.sockets, copy);
    const again = await start('build7', { sockets: first.sockets });
    const second = await start('build8', { sockets: copy });
    for (const daemon of [again, second]) {
      const server = await startServer(daemon, 'two');
      await server.crash();
    }
    await published('build7', 'server-gone');
    await published('build8', 'server-gone');

    expect(await idsOf('build7')).toEqual(await lastIdsOf(again, 'build7'));
    expect(await idsOf('build8')).toEqual(await lastIdsOf(second, 'build8'));
  }, 60_000);

  it('loses no death after its state was put back from a backup', async () => {
    await init();
    const first = await start('build7');
    const server = await startServer(first, 'one');
    await published('build7', 'server-registered');
    await first.stop();
    const backup = join(folder, 'backup');
    await copyState(first.sockets, backup);
    const second = await start('build7', { sockets: first.sockets });
    for (const name of ['two', 'three']) await (await startServer(second, name)).crash();
    await eventually('all is published', async () => (await idsOf('build7')).length >= 5);
    await second.stop();
    await rm(join(first.sockets, 'state'), { recursive: true });
    await server.crash();
    await copyState(backup, first.sockets);
    await start('build7', { sockets: first.sockets });

    const isTold = ({ body }: StreamMessage) =>
      body['type'] === 'server-gone' && (body['server'] as { name: string }).name === 'one';
    await eventually('the death is published', async () => (await nats.messages('TMUX_EVENTS')).some(isTold));
    const ids = await idsOf('build7');
    expect(ids).toEqual([...new Set(ids)]);
  }, 60_000);

  it.each([
    ['after the bus could be reached', true, false],
    ['while the bus was away', false, false],
    ['while the bus was away, before a restart', false, true],
  ])(
    'loses no death after an older image of its disk was put back, if it happened %s',
    async (_, isBusUp, restarts) => {
      await init();
      const first = await start('build7');
      const [one, two] = [await startServer(first, 'one'), await startServer(first, 'two')];
      await lastIdsOf(first, 'build7');
      await first.stop();
      const image = join(folder, 'image');
      await copyState(first.sockets, image);
      const second = await start('build7', { sockets: first.sockets });
      for (const name of ['three', 'four']) await (await startServer(second, name)).crash();
      await eventually('both deaths are published', async () => (await deaths()).length === 2);
      await second.stop();
      await rm(join(first.sockets, 'state'), { recursive: true });
      await cloneState(image, first.sockets);
      await one.crash();
      if (!isBusUp) await nats.kill();
      let third = await startAnyhow('build7', first.sockets);
      await eventually('the death is emitted', async () => (await gone(third)) === 1);
      if (restarts) {
        await third.stop();
        third = await startAnyhow('build7', first.sockets);
      }
      if (!isBusUp) await nats.restart();
      await eventually('it is connected', async () => (await third.sample('tmux_exporter_bus_up')) === 1);
      await two.crash();

      await eventually('all deaths are published', async () => (await deaths()).length === 4);
      await lastIdsOf(third, 'build7');
      expect(await deaths()).toEqual(['three', 'four', 'one', 'two']);
      const ids = await idsOf('build7');
      expect(ids).toEqual([...new Set(ids)]);
      expect(third.log.filter(({ msg }) => msg.includes('was put back'))).toHaveLength(1);
      expect(third.log.filter(({ msg }) => msg.includes('give each a fleet.name'))).toEqual([]);
    },
    60_000,
  );

  it('goes on after a forged message under its name, loses and repeats nothing, and keeps its history', async () => {
    await init();
    const daemon = await start('build7');
    await (await startServer(daemon, 'one')).crash();
    await published('build7', 'server-gone');
    const before = await eventsOf(daemon);
    const epoch = before[0]?.id.split('-')[0];
    await nats.asOperator(async (connection) => {
      const forged = headers();
      forged.set('Nats-Msg-Id', `build7:${epoch}-999999`);
      forged.set('Nats-Sequence', '1');
      await connection.request('tmux.events.build7.forged', '{}', { headers: forged, timeout: 2_000 });
    });
    await (await startServer(daemon, 'two')).crash();

    await eventually('both deaths are published', async () => (await deaths()).length === 2);
    await lastIdsOf(daemon, 'build7');
    expect(await deaths()).toEqual(['one', 'two']);
    expect((await eventsOf(daemon)).slice(0, before.length)).toEqual(before);
  }, 60_000);

  it('publishes nothing a second time after another name for a while', async () => {
    await init();
    const first = await start('build7');
    await startServer(first, 'one');
    await published('build7', 'server-registered');
    await first.stop();
    const other = await start('build8', { sockets: first.sockets });
    await (await startServer(other, 'two')).crash();
    await published('build8', 'server-gone');
    await other.stop();
    const before = await idsOf('build7');
    const again = await start('build7', { sockets: first.sockets });
    await startServer(again, 'three');
    await eventually('three is published', async () => (await idsOf('build7')).length > before.length);

    const others = new Set((await idsOf('build8')).map((id) => id.replace('build8', 'build7')));
    expect((await idsOf('build7')).filter((id) => others.has(id))).toEqual([]);
    expect(await again.sample('tmux_exporter_bus_published_total{result="healed"}')).toBe(0);
  }, 60_000);

  it('publishes what happened while the files of its login could not be used', async () => {
    await init();
    const environment = await environmentOf('build7', 'build7');
    const file = String(environment['TMUX_EXPORTER_BUS_PASSWORD_FILE']);
    await chmod(file, 0o644);
    const daemon = await Daemon.start({ env: environment });
    daemons.push(daemon);
    await (await startServer(daemon, 'one')).crash();
    await eventually('the death is emitted', async () => (await gone(daemon)) === 1);
    await chmod(file, 0o600);
    daemon.kill('SIGHUP');
    await published('build7', 'server-gone');

    expect(await idsOf('build7')).toEqual(await lastIdsOf(daemon, 'build7'));
  }, 90_000);

  it('says that its name is taken, and stores no event twice', async () => {
    await init();
    const first = await start('build7');
    const second = await start('build7', {}, 'build7');
    for (const round of [1, 2, 3, 4, 5])
      for (const daemon of [first, second]) {
        await startServer(daemon, `s${round}`);
        const waits = async () => (await daemon.sample('tmux_exporter_bus_outbox_events')) === 0 || isTaken(daemon);
        await eventually('it is published, or cannot be', waits);
      }

    await eventually('one of them says so', () => isTaken(first) || isTaken(second));
    const ids = await idsOf('build7');
    expect(ids).toEqual([...new Set(ids)]);
  }, 60_000);

  it('needs the expected sequence: a retry after the dedup window is stored twice without it', async () => {
    await init();
    await manage((streams) => streams.update('TMUX_EVENTS', { duplicate_window: 100_000_000 }));
    const publishTwice = (type: string, guard: Record<string, string>) =>
      nats.asOperator(async (connection) => {
        for (const _ of ['first', 'retry']) {
          const sent = headers();
          for (const [key, value] of Object.entries({ 'Nats-Msg-Id': 'build7:e-1', ...guard })) sent.set(key, value);
          await connection.request(`tmux.events.build7.${type}`, '{}', { headers: sent, timeout: 2_000 });
          await delay(300);
        }
      });
    await publishTwice('bare', {});
    expect(await idsOf('build7')).toHaveLength(2);
    await publishTwice('guarded', {
      'Nats-Expected-Last-Subject-Sequence': '2',
      'Nats-Expected-Last-Subject-Sequence-Subject': 'tmux.events.build7.*',
    });
    expect(await idsOf('build7')).toHaveLength(3);
  }, 30_000);

  it('checks its key, and the check says what to do', async () => {
    const before = await bus('check', 'build7');
    expect(before).toMatchObject({ code: 1, stdout: expect.stringContaining('bus init') });
    await init();
    const after = await bus('check', 'build7');
    expect(after.stdout).toContain('build7 may publish its events');
    expect(after.stdout).toContain('build7 may not publish events of other exporters');
    expect(after.code).toBe(0);
    const wrong = await bus('check', 'build8', 'build7');
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('_INBOX_build8.>') });
    expect(await nats.messages('TMUX_EVENTS')).toEqual([]);
  }, 30_000);

  withOldServer(
    'refuses a server that is too old, with its version',
    async () => {
      await nats.kill();
      await nats.restart(OLD_SERVER);
      const { code, stdout } = await bus('check', 'build7');
      expect([code, stdout]).toEqual([1, expect.stringMatching(/expected nats-server 2\.12 or newer, found 2\.9/)]);
      const daemon = await Daemon.start({ env: await environmentOf('build7', 'build7') });
      daemons.push(daemon);
      await startServer(daemon);
      await eventually('it says so', () => daemon.log.some(({ msg }) => msg.includes('found 2.9')));
      expect(await daemon.sample('tmux_exporter_bus_up')).toBe(0);
    },
    30_000,
  );

  it('logs in with an nkey, whose seed is in no output', async () => {
    const user = createUser();
    const seed = new TextDecoder().decode(user.getSeed());
    const file = join(folder, 'bus.nk');
    await writeFile(file, seed, { mode: 0o600 });
    const env = { TMUX_EXPORTER_BUS_SERVERS: nats.url, TMUX_EXPORTER_BUS_NKEY_FILE: file };
    const refused = await cli(['bus', 'check'], env);
    expect(refused).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('bus: cannot be reached: Authorization Violation'),
    });
    await chmod(file, 0o644);
    const readable = await cli(['bus', 'check'], env);
    expect(readable.stdout).toContain('expected 0600 or 0640');
    expect([refused, readable].map(({ stdout, stderr }) => stdout + stderr).join('')).not.toContain(seed);
  }, 30_000);

  it('shows what of a stream is not as expected', async () => {
    await init();
    expect((await init()).stdout).toBe('TMUX_EVENTS: is as expected\nTMUX_HOSTS: is as expected\n');
    await manage((streams) => streams.update('TMUX_EVENTS', { max_age: 3_600_000_000_000 }));
    const { code, stdout } = await bus('init', 'op');
    expect([code, stdout]).toEqual([1, expect.stringContaining('TMUX_EVENTS: expected max_age 604800000000000')]);
  }, 30_000);

  it('loads nothing of it without a bus', async () => {
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(REPORT_LOADS)}`;
    const without = await Daemon.start({ env: { NODE_OPTIONS } });
    daemons.push(without);
    const withBus = await Daemon.start({ env: { NODE_OPTIONS, ...(await environmentOf('build7', 'build7')) } });
    daemons.push(withBus);
    await eventually('it is connected', async () => (await withBus.sample('tmux_exporter_bus_up')) === 1);

    const loads = ({ log }: Daemon) => log.filter(({ msg }) => msg.startsWith('loaded ')).length;
    expect(loads(withBus)).toBeGreaterThan(0);
    expect(loads(without)).toBe(0);
    expect(await without.metrics()).not.toContain('tmux_exporter_bus');
  }, 30_000);

  function init(): Promise<CliResult> {
    return bus('init', 'op');
  }

  async function bus(command: string, name: string, user = name): Promise<CliResult> {
    return cli(['bus', command], await environmentOf(name, user));
  }

  async function environmentOf(name: string, user: string): Promise<NodeJS.ProcessEnv> {
    return { TMUX_EXPORTER_FLEET_NAME: name, ...(await busEnvironment(nats, folder, user)) };
  }

  async function start(name: string, options: { sockets?: string } = {}, user = name): Promise<Daemon> {
    const daemon = await Daemon.start({ ...options, env: await environmentOf(name, user) });
    daemons.push(daemon);
    await eventually('it is connected', async () => (await daemon.sample('tmux_exporter_bus_up')) === 1);
    return daemon;
  }

  async function startServer(daemon: Daemon, name = 'work'): Promise<TmuxServer> {
    const server = await TmuxServer.start({ folder: daemon.sockets, name });
    servers.push(server);
    await eventually('it is up', async () => (await daemon.sample(`tmux_server_up{server="${name}"}`)) === 1);
    return server;
  }

  async function published(name: string, type: string): Promise<StreamMessage[]> {
    const all = async () =>
      (await nats.messages('TMUX_EVENTS')).filter(({ subject }) => subject.startsWith(`tmux.events.${name}.`));
    await eventually(`${type} is published`, async () => (await all()).some(({ subject }) => subject.endsWith(type)));
    return all();
  }

  async function idsOf(name: string): Promise<string[]> {
    const messages = await nats.messages('TMUX_EVENTS');
    return messages.filter(({ subject }) => subject.startsWith(`tmux.events.${name}.`)).map(({ id }) => id);
  }

  /** The newest events of an exporter, as many as its stream has. */
  async function lastIdsOf(daemon: Daemon, name: string): Promise<string[]> {
    await eventually('all is published', async () => (await daemon.sample('tmux_exporter_bus_outbox_events')) === 0);
    const ids = (await eventsOf(daemon)).map(({ id }) => `${name}:${id}`);
    return ids.slice(-(await idsOf(name)).length);
  }

  async function eventsOf(daemon: Daemon): Promise<{ id: string; type: string }[]> {
    const response = await fetch(`${daemon.url}/api/v1/events?limit=1000`);
    return ((await response.json()) as { events: { id: string; type: string }[] }).events;
  }

  /** The names of the servers whose deaths are on the bus. */
  async function deaths(): Promise<string[]> {
    const told = (await nats.messages('TMUX_EVENTS')).filter(({ body }) => body['type'] === 'server-gone');
    return told.map(({ body }) => (body['server'] as { name: string }).name);
  }

  /** Starts an exporter without waiting for the bus. */
  async function startAnyhow(name: string, sockets: string): Promise<Daemon> {
    const daemon = await Daemon.start({ sockets, env: await environmentOf(name, name) });
    daemons.push(daemon);
    return daemon;
  }

  async function gone(daemon: Daemon): Promise<number> {
    return (await eventsOf(daemon)).filter(({ type }) => type === 'server-gone').length;
  }

  function isTaken(daemon: Daemon): boolean {
    return daemon.log.some(({ msg }) => msg.includes('give each a fleet.name'));
  }

  function manage<T>(
    work: (streams: Awaited<ReturnType<typeof jetstreamManager>>['streams']) => Promise<T>,
  ): Promise<T> {
    return nats.asOperator(async (connection) => work((await jetstreamManager(connection)).streams));
  }
});
