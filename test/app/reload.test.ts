import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import type { ConfigReading } from '../../src/app/reloader.ts';
import { App } from '../../src/app.ts';
import { type Config, configSchema } from '../../src/config/schema.ts';
import { change } from '../support/daemon/daemon.ts';
import { environmentIn } from '../support/daemon/environment.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { untilClosed } from '../support/world/socket-end.ts';

/** A daemon in this process, whose configuration file a test writes. */
class Reloadable {
  readonly app: App;
  readonly lines: string[] = [];
  readonly logConfigs: Config['log'][] = [];
  reading: () => Promise<ConfigReading>;

  constructor(folder: string, config: Config) {
    this.reading = async () => ({ kind: 'loaded', config });
    const write = (_fields: object, line: string) => void this.lines.push(line);
    this.app = new App({
      config,
      environment: environmentIn(folder),
      log: { debug: write, info: write, warn: write, error: write },
      configureLog: (log) => void this.logConfigs.push(log),
      droppedLogLines: () => 0,
      readConfig: () => this.reading(),
    });
  }

  reloadWith(config: Config) {
    this.reading = async () => ({ kind: 'loaded', config });
    return this.app.reload();
  }
}

describe('A reload', () => {
  let folder: string;
  let port: number;
  let daemon: Reloadable;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    port = await freePort();
    daemon = new Reloadable(folder, configOf({}));
    await daemon.app.start();
  });

  afterEach(async () => {
    await daemon.app.stop();
    await removeFolder(folder);
  });

  it('listens at another address, and no longer at the former one', async () => {
    const other = await freePort();
    await daemon.reloadWith(configOf({ web: { listen_address: `127.0.0.1:${other}` } }));
    expect((await fetch(`http://127.0.0.1:${other}/-/ready`)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${port}/-/ready`)).rejects.toThrow();
  });

  it('listens at another address with the same port', async () => {
    const result = await daemon.reloadWith(configOf({ web: { listen_address: `:${port}`, insecure: true } }));
    expect(result).toEqual({ kind: 'reloaded', nextStart: [] });
    expect((await get('/-/ready')).status).toBe(200);
  });

  it('answers nobody on a former address by the rules of the new one', async () => {
    await daemon.reloadWith(configOf({ web: { ...(await guarded()), listen_address: `:${port}`, insecure: true } }));
    const client = connect(port, '127.0.0.1').setEncoding('utf8');
    client.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\nGET /metrics HTTP/1.1\r\nHost: local');
    expect(String(await once(client, 'data'))).toMatch(/^HTTP\/1\.1 401 /);
    await daemon.reloadWith(configOf({}));
    expect((await get('/metrics')).status).toBe(200);
    const answers: string[] = [];
    client.on('data', (text) => answers.push(String(text)));
    client.write('host\r\n\r\n');
    await untilClosed(client);
    expect(answers).toEqual([]);
  });

  it('keeps the whole configuration if the new address is taken, or unsafe', async () => {
    const storage = { path: join(folder, 'taken.db') };
    const taken = new Reloadable(folder, configOf({ web: { listen_address: '127.0.0.1:0' }, storage }));
    await taken.app.start();
    const address = taken.lines.find((line) => line.includes(' is listening on '))?.split('//')[1];
    const busy = await daemon.reloadWith(configOf({ web: { listen_address: address }, alerts: { receive: true } }));
    const open = await daemon.reloadWith(configOf({ web: { listen_address: `:${port}` } }));
    await taken.app.stop();
    expect(busy).toMatchObject({ kind: 'failed', message: expect.stringContaining('is in use') });
    expect(open).toMatchObject({ kind: 'failed', message: expect.stringContaining('--web.insecure') });
    expect((await post('/api/v1/alerts')).status).toBe(403);
  });

  it('applies web.enable_lifecycle, alerts.receive, feed.* and log.*', async () => {
    expect([(await post('/-/reload')).status, (await post('/api/v1/alerts')).status]).toEqual([403, 403]);
    const config = configOf({
      web: { enable_lifecycle: true },
      alerts: { receive: true },
      feed: { heartbeat: '7s', max_clients: 1 },
      log: { level: 'error' },
    });
    await daemon.reloadWith(config);
    expect([(await post('/-/reload')).status, (await post('/api/v1/alerts')).status]).toEqual([200, 400]);
    expect(daemon.logConfigs.at(-1)).toEqual(config.log);
    expect(await (await get('/events?format=ndjson&poll=1')).text()).toContain('"heartbeat_ms":7000');
    const first = await get('/events');
    expect((await get('/events')).status).toBe(503);
    await first.body?.cancel();
  });

  it('names what takes effect at the next start only: in its answer, the log and a metric', async () => {
    const config = configOf({ web: { enable_lifecycle: true }, storage: { path: join(folder, 'other.db') } });
    await daemon.reloadWith(config);
    expect(await (await post('/-/reload')).text()).toContain('A restart is needed for storage.path.');
    expect(daemon.lines.at(-1)).toBe('the configuration was read again; a restart is needed for storage.path');
    const needed = 'tmux_exporter_config_restart_needed{option="storage.path"}';
    expect(await (await get('/metrics')).text()).toContain(`${needed} 1\n`);
    await daemon.reloadWith(configOf({}));
    expect(await (await get('/metrics')).text()).toContain(`${needed} 0\n`);
  });

  it.each([{ tmux: { client: 'binary' } }, { watch: { enabled: false } }])(
    'ends the watches: %j',
    async (unwatched) => {
      const server = await TmuxServer.start({ folder, name: 'work' });
      try {
        const watches = async () => /^tmux_exporter_watches (\d+)$/m.exec(await (await get('/metrics')).text())?.[1];
        await eventually('it is watched', async () => (await watches()) === '1');
        await daemon.reloadWith(configOf(unwatched));
        expect(await watches()).toBe('0');
        await daemon.reloadWith(configOf({}));
        await eventually('it is watched again', async () => (await watches()) === '1');
      } finally {
        await server.cleanup();
      }
    },
  );

  it('says that a hub begins only with a restart', async () => {
    const bus = { servers: ['nats://127.0.0.1:9'] };
    const result = await daemon.reloadWith(configOf({ hub: { enabled: true }, bus }));
    expect(result).toEqual({ kind: 'reloaded', nextStart: ['hub.enabled'] });
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('tmux_exporter_config_restart_needed{option="hub.enabled"} 1');
    expect(metrics).not.toContain('tmux_fleet');
  });

  it('that fails because of a bug prevents neither later reloads nor the end', async () => {
    daemon.reading = async () => {
      throw new TypeError('a fault');
    };
    expect(await daemon.app.reload()).toMatchObject({ kind: 'failed' });
    expect(await daemon.reloadWith(configOf({}))).toEqual({ kind: 'reloaded', nextStart: [] });
    await daemon.app.stop();
    const next = new Reloadable(folder, configOf({}));
    await next.app.stop();
  });

  function configOf(given: Record<string, object>): Config {
    return configSchema.parse({
      ...given,
      tmux: { socket_directory: folder, discover_processes: false, ...given['tmux'] },
      storage: { path: join(folder, 'journal.db'), ...given['storage'] },
      web: { listen_address: `127.0.0.1:${port}`, ...given['web'] },
    });
  }

  /** Settings by which reading needs a login. */
  async function guarded() {
    const file = join(folder, 'web.yml');
    await writeFile(file, `basic_auth_users: {scraper: '${hashSync('open sesame', 4)}'}\n`);
    return { config: { file } };
  }

  function get(path: string): Promise<Response> {
    return fetch(`http://127.0.0.1:${port}${path}`);
  }

  async function post(path: string): Promise<Response> {
    return change(`http://127.0.0.1:${port}${path}`, join(folder, 'token'), 'POST', {});
  }
});
