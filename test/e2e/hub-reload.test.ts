import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeStreams, publishEvents, publishReport } from '../bus/read/support/fleet-publisher.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { FeedReader } from '../support/world/feed-reader.ts';
import { NATS_SERVER, NatsServer } from '../support/world/nats.ts';

/** Reports every address that the process connects to. */
const REPORT_CONNECTIONS = `import { subscribe } from 'node:diagnostics_channel';
subscribe('net.client.socket', ({ socket }) =>
  socket.on('connectionAttempt', (address, port) => process.stderr.write('connects to ' + address + ':' + port + '\\n')));`;

/** Left out without a nats-server. */
const withNats = NATS_SERVER === null ? describe.skip : describe;

withNats('A hub whose configuration is read again', () => {
  let folder: string;
  let file: string;
  let nats: NatsServer;
  let daemon: Daemon;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    file = join(folder, 'config.yml');
    await writeFile(join(folder, 'password'), 'op', { mode: 0o600 });
    nats = await NatsServer.start([]);
    await nats.asOperator(makeStreams);
    await nats.asOperator((at) => publishReport(at, 'build7'));
  });

  afterEach(async () => {
    await daemon.cleanup();
    await nats.cleanup();
    await removeFolder(folder);
  });

  it('judges hosts anew, and names what it takes at its next start only', async () => {
    await startHub();
    await hasHost('present');
    await reload('hub: {silent_after: 1s, enabled: false}', `bus: ${bus()}`, storedIn('elsewhere'));
    expect(lastReload()).toBe('the configuration was read again; a restart is needed for storage.path');
    await hasHost('silent');
    expect(addresses()).toEqual([`127.0.0.1:${nats.port}`]);
  });

  it('keeps its configuration if the new one has no bus, and says why', async () => {
    await startHub();
    await hasHost('present');
    await reload('hub: {silent_after: 1s}', `bus: ${login()}`);
    expect(lastReload()).toMatch(
      /^the configuration was read again but is not used: bus\.servers: expected the servers/,
    );
    await readsOn('');
    await hasHost('present');
  });

  it('reads on with its former login if the new one cannot be read, and says so', async () => {
    await startHub();
    await hasHost('present');
    await reload(`bus: {servers: ['${nats.url}'], username: op, password_file: ${join(folder, 'absent')}}`);
    const warned = 'the bus is read as before: ';
    await eventually('it is said', () => daemon.log.some(({ msg }) => msg.startsWith(warned)));
    expect(daemon.log.some(({ msg }) => msg.startsWith('nothing is read from the bus'))).toBe(false);
    await readsOn('');
  });

  it('judges hosts anew, too, if it is an exporter', async () => {
    await startExporter();
    await hasHost('present');
    await reload('hub: {silent_after: 1s, enabled: true}', `bus: ${bus()}`);
    expect(lastReload()).toBe('the configuration was read again');
    await hasHost('silent');
  });

  it('reads on until its next start if it is an exporter and no hub any more, and sends its login nowhere else', async () => {
    await startExporter();
    await hasHost('present');
    await reload(`bus: ${login()}`);
    expect(lastReload()).toBe('the configuration was read again; a restart is needed for hub.enabled');
    await readsOn('&scope=fleet');
  });

  async function startHub(): Promise<void> {
    await configure(`bus: ${bus()}`, storedIn('state'));
    daemon = await Daemon.startHub(options());
  }

  async function startExporter(): Promise<void> {
    await configure('hub: {enabled: true}', `bus: ${bus()}`);
    daemon = await Daemon.start(options());
  }

  function options() {
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(REPORT_CONNECTIONS)}`;
    return { flags: [`--config.file=${file}`], env: { NODE_OPTIONS } };
  }

  function bus(): string {
    return `{servers: ['${nats.url}'], ${login().slice(1)}`;
  }

  /** A login that no server is named for. */
  function login(): string {
    return `{username: op, password_file: ${join(folder, 'password')}}`;
  }

  function storedIn(name: string): string {
    return `storage: {path: ${join(folder, name, 'journal.db')}}`;
  }

  async function reload(...lines: readonly string[]): Promise<void> {
    await configure(...lines);
    daemon.kill('SIGHUP');
    await eventually('it has reloaded', () => lastReload() !== undefined);
  }

  function configure(...lines: readonly string[]): Promise<void> {
    return writeFile(file, ['fleet: {name: build8}', ...lines, ''].join('\n'));
  }

  function lastReload(): string | undefined {
    return daemon.log.findLast(({ msg }) => msg.startsWith('the configuration was read again'))?.msg;
  }

  async function hasHost(state: string): Promise<void> {
    const hosts = async () =>
      (await (await fetch(`${daemon.url}/api/v1/hosts`)).json()) as { hosts?: { state: string }[] };
    await eventually(`build7 is ${state}`, async () => (await hosts()).hosts?.[0]?.state === state);
  }

  /** It still reads the bus, and has connected to nothing else. */
  async function readsOn(query: string): Promise<void> {
    const reader = await FeedReader.open(daemon.url, query);
    try {
      await nats.asOperator((at) => publishEvents(at, 'build7', 1, 1));
      await reader.next(({ name }) => name === 'build7');
    } finally {
      reader.close();
    }
    expect(addresses()).toEqual([`127.0.0.1:${nats.port}`]);
  }

  function addresses(): string[] {
    const lines = daemon.log.flatMap(({ msg }) => /^connects to (.*)$/.exec(msg)?.[1] ?? []);
    return [...new Set(lines)];
  }
});
