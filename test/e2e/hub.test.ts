import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { busEnvironment } from '../support/daemon/bus-user.ts';
import { cli, Daemon, type DaemonOptions } from '../support/daemon/daemon.ts';
import { hasPromtool, promtoolComplaints } from '../support/judges/exposition-judges.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { type FeedMessage, FeedReader } from '../support/world/feed-reader.ts';
import { NATS_SERVER, NatsServer } from '../support/world/nats.ts';

const HOSTS = ['build7', 'build8'];

const CURSOR = /^[0-9a-f]{12}-\d+\.[0-9a-f]{4}$/;

/** Left out without a nats-server: `GOTOOLCHAIN=local go install github.com/nats-io/nats-server/v2@v2.15.2` installs one. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('A hub', () => {
  let folder: string;
  let nats: NatsServer;
  let daemons: Daemon[];
  let servers: TmuxServer[];
  let readers: FeedReader[];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    nats = await NatsServer.start(HOSTS);
    await cli(['bus', 'init'], await busEnvironment(nats, folder, 'op'));
    daemons = [];
    servers = [];
    readers = [];
  });

  afterEach(async () => {
    for (const reader of readers) reader.close();
    for (const server of servers) await server.cleanup();
    // The first one owns the folder in which later ones run.
    for (const daemon of daemons.toReversed()) await daemon.cleanup();
    await nats.cleanup();
    await removeFolder(folder);
  });

  it('serves the events and the hosts of several exporters', async () => {
    const [build7, build8] = [await exporter('build7'), await exporter('build8')];
    const [server] = [await tmux(build7), await tmux(build8)];
    const hub = await startHub();
    await eventually('it knows both', async () => (await hub.sample('tmux_fleet_hosts{state="present"}')) === 2);
    const reader = await follow(hub);
    await server.crash();
    const death = await reader.next(({ type }) => type === 'server-gone');
    const [own] = (await eventsOf(build7)).filter(({ type }) => type === 'server-gone');

    expect(reader.messages[0]).toMatchObject({ type: 'hello', scope: 'fleet', hosts: 2 });
    expect(death).toMatchObject({
      name: 'build7',
      id: own?.id,
      title: own?.title,
      cursor: expect.stringMatching(CURSOR),
    });
    const names = async () =>
      ((await json(hub, '/api/v1/hosts')) as { hosts: { name: string }[] }).hosts.map(({ name }) => name);
    expect(await names()).toEqual(HOSTS);
    expect(await json(hub, '/sd')).toMatchObject([
      { targets: ['build7.example.org:8689'], labels: { __meta_tmux_name: 'build7', __meta_tmux_state: 'present' } },
      { targets: ['build8.example.org:8689'] },
    ]);
    expect(await (await fetch(`${hub.url}/`)).text()).toContain('build8');
    expect(await hub.sample('tmux_fleet_source_up')).toBe(1);
    expect(await hub.sample('tmux_fleet_events_total{type="server-gone"}')).toBe(1);
    if (hasPromtool) expect(promtoolComplaints(Buffer.from(await hub.metrics()))).toBe('');

    await build8.stop();
    await eventually('it has left', async () => (await hub.sample('tmux_fleet_hosts{state="left"}')) === 1);
    expect((await hub.change('/api/v1/hosts/build8', 'DELETE')).status).toBe(204);
    expect(await names()).toEqual(['build7']);
    expect(reader.messages.filter(({ type }) => type === 'server-gone')).toHaveLength(1);
  }, 120_000);

  it('is continued at a cursor after it was started again', async () => {
    const build7 = await exporter('build7');
    const [one, two, three] = [await tmux(build7, 'one'), await tmux(build7, 'two'), await tmux(build7, 'three')];
    const hub = await startHub();
    const reader = await follow(hub);
    await one.crash();
    const { cursor } = await gone(reader, 'one');
    await hub.stop('SIGKILL');
    await two.crash();
    const next = await startHub();
    const resumed = await follow(next, `&last_event_id=${cursor}`);
    await three.crash();
    await gone(resumed, 'three');

    expect(resumed.messages[0]).toMatchObject({ type: 'hello', resumed: true });
    expect(deaths(resumed)).toEqual(['two', 'three']);
    expect(resumed.messages.filter(({ type }) => type === 'gap' || type === 'snapshot')).toEqual([]);
  }, 120_000);

  it('is ready only when the bus was read once, and healthy before', async () => {
    await nats.kill();
    const hub = await startHub({ isReady: false });
    const status = async (path: string) => (await fetch(`${hub.url}${path}`)).status;
    expect([await status('/-/healthy'), await status('/-/ready'), await status('/sd')]).toEqual([200, 503, 503]);
    expect(await hub.sample('tmux_fleet_source_up')).toBe(0);
    expect(await hub.metrics()).not.toContain('tmux_fleet_hosts{');
    await nats.restart();
    await eventually('it is ready', async () => (await status('/-/ready')) === 200);
    expect([await status('/sd'), await hub.sample('tmux_fleet_source_up')]).toEqual([200, 1]);
  }, 120_000);

  it('keeps its streams open while the bus is down, and says so', async () => {
    const build7 = await exporter('build7');
    const server = await tmux(build7);
    const hub = await startHub({ flags: ['--feed.heartbeat=200ms'] });
    const reader = await follow(hub);
    const response = await fetch(`${hub.url}/events`);
    const lines = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const sees = async (pattern: RegExp) => {
      while (!pattern.test(text)) text += (await lines?.read())?.value ?? '';
    };
    await nats.kill();
    await sees(/^: source down \d+s$/m);
    expect(await hub.sample('tmux_fleet_source_up')).toBe(0);
    await server.crash();
    await nats.restart();
    await gone(reader, 'work');
    await sees(/^event: server-gone$/m);
    await lines?.cancel();
    await eventually('it is up', async () => (await hub.sample('tmux_fleet_source_up')) === 1);
    expect(deaths(reader)).toEqual(['work']);
  }, 120_000);

  it('is read on by its followers after a reload', async () => {
    const file = join(folder, 'hub.yml');
    await writeFile(file, 'hub: {history: 100}');
    const build7 = await exporter('build7');
    const [one, two] = [await tmux(build7, 'one'), await tmux(build7, 'two')];
    const hub = await startHub({ flags: [`--config.file=${file}`] });
    const reader = await follow(hub);
    await one.crash();
    await gone(reader, 'one');
    const readings = () => hub.log.filter(({ msg }) => msg.startsWith('read the fleet')).length;
    await writeFile(file, 'hub: {history: 200}');
    hub.kill('SIGHUP');
    await eventually('it has read the bus again', () => readings() === 2);
    await two.crash();
    await gone(reader, 'two');

    await writeFile(file, 'hub: {history: 200}\nlog: {level: debug}');
    hub.kill('SIGHUP');
    const reloads = () => hub.log.filter(({ msg }) => msg.startsWith('the configuration was read again')).length;
    await eventually('it has reloaded', () => reloads() === 2);
    expect([deaths(reader), readings(), await hub.sample('tmux_fleet_source_up')]).toEqual([['one', 'two'], 2, 1]);
  }, 120_000);

  it('ends in good order with a bye', async () => {
    const hub = await startHub();
    const reader = await follow(hub);
    expect(await hub.stop()).toBe(0);
    expect((await reader.next(({ type }) => type === 'bye')).type).toBe('bye');
  }, 60_000);

  it('is an exporter, too, if hub.enabled says so', async () => {
    const plain = await exporter('build7');
    const refused = await fetch(`${plain.url}/events?scope=fleet`);
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: expect.objectContaining({ code: 'no_fleet' }) },
    ]);
    const both = await exporter('build8', { user: 'op', flags: ['--hub.enabled'] });
    await eventually('it has read the bus', async () => (await fetch(`${both.url}/sd`)).status === 200);
    const [fleet, own] = [await follow(both, '&scope=fleet'), await follow(both)];
    await (await tmux(plain, 'there')).crash();
    await gone(fleet, 'there');
    await (await tmux(both, 'here')).crash();
    await gone(fleet, 'here');
    await gone(own, 'here');

    expect([deaths(fleet), deaths(own)]).toEqual([['there', 'here'], ['here']]);
    await eventually('it knows both', async () => (await both.sample('tmux_fleet_hosts{state="present"}')) === 2);
  }, 120_000);

  it('is refused without a bus, with what to set', async () => {
    const command = await cli(['hub']);
    expect(command).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--bus.servers') });
    const option = await cli(['serve', '--hub.enabled']);
    expect(option).toMatchObject({ code: 2, stderr: expect.stringContaining('--hub.enabled: expected bus.servers') });
  }, 30_000);

  it('starts without its token if its folder cannot be made, and check says so', async () => {
    const env = { XDG_STATE_HOME: '/proc/nowhere', TMUX_EXPORTER_BUS_SERVERS: nats.url };
    const hub = await Daemon.startHub({ env });
    daemons.push(hub);
    expect(hub.log.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('no token for our own commands'));
    const { stdout } = await cli(['check', '--hub', '--web.listen-address=127.0.0.1:0'], env);
    expect(stdout).toMatch(/^note own token: no file can be made in \/proc\/nowhere.*ENOENT/m);
  }, 60_000);

  it('has no flag of tmux', async () => {
    const { code, stderr } = await cli(['hub', '--tmux.binary=tmux']);
    expect([code, stderr]).toEqual([2, expect.stringContaining("unknown option '--tmux.binary")]);
  }, 30_000);

  it('checks its key, and the check says what to do', async () => {
    const check = async (words: readonly string[], user: string) =>
      cli(words, await busEnvironment(nats, folder, user));
    await exporter('build7');
    await eventually('its host is known', async () => (await nats.messages('TMUX_HOSTS')).length === 1);
    const right = await check(['bus', 'check', '--hub'], 'hub');
    expect(right).toMatchObject({ code: 0, stdout: expect.stringContaining('hub may read TMUX_EVENTS') });
    expect(right.stdout).toMatch(/hub reaches 127\.0\.0\.1:\d+ \(nats-server 2\.\d+\.\d+\), unencrypted/);
    expect(right.stdout).toContain('hub may not publish events');
    const seldom = await check(
      ['check', '--hub', '--web.listen-address=127.0.0.1:0', '--hub.silent-after=1m', '--bus.heartbeat=21s'],
      'hub',
    );
    const note = 'hub: bus.heartbeat (21s) is more than a third of hub.silent_after (1m)';
    expect(seldom).toMatchObject({ code: 0, stdout: expect.stringContaining(note) });
    const wrong = await check(['check', '--hub', '--web.listen-address=127.0.0.1:0'], 'build7');
    expect(wrong).toMatchObject({ code: 1, stdout: expect.stringContaining('subscribe: _INBOX_hub.>') });
    expect(wrong.stdout).not.toContain('tmux:');
    expect(await nats.messages('TMUX_HOSTS')).toHaveLength(1);
  }, 60_000);

  async function exporter(name: string, options: DaemonOptions & { user?: string } = {}): Promise<Daemon> {
    const { user = name, ...others } = options;
    const env = {
      TMUX_EXPORTER_FLEET_NAME: name,
      TMUX_EXPORTER_FLEET_ADVERTISE: `http://${name}.example.org:8689`,
      ...(await busEnvironment(nats, folder, user)),
    };
    const daemon = await Daemon.start({ ...others, env });
    daemons.push(daemon);
    await eventually('it is connected', async () => (await daemon.sample('tmux_exporter_bus_up')) === 1);
    return daemon;
  }

  /** `isReady` says whether to wait until it has read the bus. */
  async function startHub({
    flags = [],
    isReady = true,
  }: {
    flags?: string[];
    isReady?: boolean;
  } = {}): Promise<Daemon> {
    const state = join(folder, 'hub');
    const env = {
      TMUX_EXPORTER_STORAGE_PATH: join(state, 'state', 'journal.db'),
      ...(await busEnvironment(nats, folder, 'hub')),
    };
    const hub = await Daemon.startHub({ state, flags, env });
    daemons.push(hub);
    const ready = async () => (await fetch(`${hub.url}/-/ready`)).status === 200;
    if (isReady) await eventually('it is ready', ready);
    return hub;
  }

  async function tmux(daemon: Daemon, name = 'work'): Promise<TmuxServer> {
    const server = await TmuxServer.start({ folder: daemon.sockets, name });
    servers.push(server);
    await eventually('it is up', async () => (await daemon.sample(`tmux_server_up{server="${name}"}`)) === 1);
    return server;
  }

  async function follow(daemon: Daemon, query = ''): Promise<FeedReader> {
    const reader = await FeedReader.open(daemon.url, query);
    readers.push(reader);
    return reader;
  }

  function gone(reader: FeedReader, server: string): Promise<FeedMessage> {
    return reader.next((message) => message.type === 'server-gone' && message.server?.name === server);
  }

  function deaths(reader: FeedReader): (string | undefined)[] {
    return reader.messages.filter(({ type }) => type === 'server-gone').map(({ server }) => server?.name);
  }

  async function json({ url }: Daemon, path: string): Promise<unknown> {
    return (await fetch(`${url}${path}`)).json();
  }

  async function eventsOf(daemon: Daemon): Promise<FeedMessage[]> {
    return ((await json(daemon, '/api/v1/events?limit=1000')) as { events: FeedMessage[] }).events;
  }
});
