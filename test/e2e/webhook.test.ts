import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Notification } from '../../src/core/alert/notification.ts';
import { answers, Endpoint } from '../alert/support/endpoint.ts';
import { cli, Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { endFleet, startFleet } from '../support/tmux/tmux-fleet.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

describe('a daemon with a receiver', () => {
  let folder: string;
  let endpoint: Endpoint;
  let daemon: Daemon;

  beforeAll(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    await daemon.cleanup();
    await endpoint.close();
  });

  afterAll(async () => {
    await removeFolder(folder);
  });

  async function start(webhooks: string): Promise<void> {
    await writeFile(join(folder, 'config.yaml'), `webhooks: ${webhooks}\n`);
    daemon = await Daemon.start({ flags: [`--config.file=${join(folder, 'config.yaml')}`] });
  }

  function messages(): Notification[] {
    return endpoint.bodies<Notification>();
  }

  it('tells of a death, and of the return', async () => {
    endpoint = await Endpoint.start();
    await start(`[{name: ops, url: '${endpoint.url}', group: {wait: 0s, interval: 0s}}]`);
    const server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    await eventually('it is up', async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1);
    await server.crash();
    await endpoint.until(() => messages().some(({ status }) => status === 'firing'));
    await server.restart();
    await endpoint.until(() => messages().some(({ status }) => status === 'resolved'));
    await server.cleanup();
    const [death] = messages();
    expect(death).toMatchObject({
      receiver: 'ops',
      type: 'server-gone',
      notices: [{ event: { server: { name: 'work' } } }],
    });
    expect(messages().at(-1)?.notices[0]?.event.incident).toBe(death?.notices[0]?.event.id);
  }, 30_000);

  it('tells of fifty servers that die within a second by one message, which names twenty', async () => {
    endpoint = await Endpoint.start();
    const events = '[server-gone]';
    await start(
      `[{name: ops, url: '${endpoint.url}/a', events: ${events}}, {name: chat, url: '${endpoint.url}/b', format: slack, events: ${events}}]`,
    );
    const fleet = await startFleet(daemon.sockets, 50);
    await eventually(
      'all are up',
      async () => (await daemon.metrics()).match(/^tmux_server_up\{.*\} 1$/gm)?.length === 50,
      20_000,
    );
    for (const server of fleet) server.kill('SIGKILL');
    await endpoint.until(({ length }) => length === 2);
    await endFleet(fleet);
    const [{ notices, count }] = endpoint.requests
      .filter(({ path }) => path === '/a')
      .map(({ body }) => JSON.parse(body)) as [Notification];
    expect(count).toBe(50);
    expect(new Set(notices.map(({ event }) => event.server?.name)).size).toBe(50);
    const chat = endpoint.requests.find(({ path }) => path === '/b')?.body ?? '';
    expect(chat).toContain('50 tmux servers gone');
    expect(chat.match(/Gone: [^\\]*/)?.[0]).toMatch(/^Gone: (s\d+, ){19}s\d+ and 30 more$/);
    await daemon.stop();
    expect(endpoint.requests).toHaveLength(2);
  }, 60_000);

  it('lets no receiver hold up a poll, a scrape or its own end', async () => {
    endpoint = await Endpoint.start(() => {});
    const receivers = Array.from(
      { length: 20 },
      (_, index) => `{name: r${index}, url: '${endpoint.url}', group: {wait: 0s}}`,
    );
    await start(`[${receivers.join(', ')}]`);
    const server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    await eventually('it is up', async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1);
    await server.crash();
    await endpoint.until(({ length }) => length === 20);
    const polls = await daemon.sample('tmux_exporter_polls_total');
    const begun = performance.now();
    await daemon.metrics();
    expect(performance.now() - begun).toBeLessThan(5_000);
    await eventually(
      'it polls on',
      async () => ((await daemon.sample('tmux_exporter_polls_total')) ?? 0) > (polls ?? 0),
    );
    const stopping = performance.now();
    expect(await daemon.stop()).toBe(0);
    expect(performance.now() - stopping).toBeLessThan(5_000);
    await server.cleanup();
  }, 30_000);

  it('goes on with what is queued after a restart, and tells nothing twice', async () => {
    endpoint = await Endpoint.start(() => {});
    await start(`[{name: ops, url: '${endpoint.url}', group: {wait: 0s}, timeout: 1m}]`);
    const server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    await eventually('it is up', async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1);
    await server.crash();
    await endpoint.until(({ length }) => length === 1);
    const first = daemon;
    await first.stop();
    endpoint.answer = answers(204);
    daemon = await Daemon.start({ sockets: first.sockets, flags: [`--config.file=${join(folder, 'config.yaml')}`] });
    await endpoint.until(({ length }) => length === 2);
    const isDelivered = async () =>
      (await daemon.sample('tmux_exporter_webhook_deliveries_total{receiver="ops",result="delivered"}')) === 1;
    await eventually('it is delivered', isDelivered);
    expect(new Set(endpoint.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await daemon.stop();
    expect(endpoint.requests).toHaveLength(2);
    await server.cleanup();
    await first.cleanup();
  }, 30_000);

  it('takes another receiver from a configuration that is read again, and turns on one that was off', async () => {
    endpoint = await Endpoint.start(answers(410));
    await start(`[{name: ops, url: '${endpoint.url}/old', group: {wait: 0s}}]`);
    const server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    await eventually('it is up', async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1);
    await server.crash();
    await eventually('it is off', async () => (await queueOf()).includes('off'));
    endpoint.answer = answers(204);
    await writeFile(join(folder, 'config.yaml'), `webhooks: [{name: ops, url: '${endpoint.url}/new'}]\n`);
    daemon.kill('SIGHUP');
    await endpoint.until((requests) => requests.some(({ path }) => path === '/new'));
    expect(endpoint.requests.map(({ path }) => path)).toEqual(['/old', '/new']);
    await server.cleanup();
  }, 30_000);

  async function queueOf(): Promise<string> {
    return (await cli(['webhook', 'queue', `--url=${daemon.url}`])).stdout;
  }
});

describe('what is secret', () => {
  const SECRETS = [
    'T0KEN-URL',
    'T0KEN-PATH',
    'T0KEN-FILE',
    'T0KEN-TOPIC',
    't0ken-header',
    't0ken-bearer',
    't0ken-password',
    't0ken-proxy',
    't0kenhost',
  ];
  let folder: string;
  let endpoint: Endpoint;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    // It repeats to us what it was sent, as many do in their error pages.
    endpoint = await Endpoint.start((response, { path, headers }) => {
      const text = JSON.stringify({
        message: `no such hook ${path.split('/').at(-1)} for ${headers.authorization ?? headers['proxy-authorization']}`,
      });
      response.writeHead(path.includes('gone') ? 410 : 404, { location: path }).end(text);
    });
  });

  afterAll(async () => {
    await endpoint.close();
    await removeFolder(folder);
  });

  async function secretFile(name: string, text: string, mode = 0o600): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    await chmod(path, mode);
    return path;
  }

  async function writeConfig(): Promise<{ path: string; signing: string }> {
    const signing = `whsec_${Buffer.from('t0ken-signing'.repeat(3)).toString('base64')}`;
    const quick = 'group: {wait: 0s, interval: 0s}, timeout: 500ms';
    const entries = [
      `{name: url, url: '${endpoint.url}/services/T0KEN-URL?key=T0KEN-PATH', secret_file: ${await secretFile('signing', signing)}, ${quick}}`,
      `{name: file, url_file: ${await secretFile('url', `${endpoint.url}/gone/T0KEN-FILE`)}, headers: {X-Key: t0ken-header}, ${quick}}`,
      `{name: topic, url: '${endpoint.url}/T0KEN-TOPIC', format: ntfy, bearer_token_file: ${await secretFile('bearer', 't0ken-bearer')}, ${quick}}`,
      `{name: basic, url: '${endpoint.url}/x', basic_auth: {username: me, password_file: ${await secretFile('password', 't0ken-password')}}, ${quick}}`,
      `{name: readable, url_file: ${await secretFile('readable', 'http://t0kenhost/', 0o644)}, ${quick}}`,
      `{name: nonsense, url_file: ${await secretFile('nonsense', 'T0KEN-URL')}, ${quick}}`,
      `{name: refused, url: 'http://169.254.169.254/T0KEN-URL', ${quick}}`,
      `{name: closed, url: 'http://127.0.0.1:${await freePort()}/T0KEN-URL', ${quick}}`,
      `{name: proxied, url: 'http://receiver.example/T0KEN-URL', proxy_url: '${endpoint.url.replace('//', '//me:t0ken-proxy@')}', ${quick}}`,
      `{name: template, url: '${endpoint.url}/T0KEN-URL', format: template, template: {a: '{{title}}'}, ${quick}}`,
    ];
    const path = join(folder, 'config.yaml');
    const manager = `{name: am, url: '${endpoint.url}/T0KEN-URL', bearer_token_file: ${join(folder, 'bearer')}}`;
    await writeFile(path, `webhooks: [\n  ${entries.join(',\n  ')}\n  ]\nalertmanagers: [${manager}]\n`, {
      mode: 0o600,
    });
    return { path, signing };
  }

  it('is in nothing that the daemon and its commands put out, at any level of the log', async () => {
    const { path, signing } = await writeConfig();
    const daemon = await Daemon.start({ flags: [`--config.file=${path}`, '--log.level=trace'] });
    const server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    await eventually('it is up', async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1);
    await server.crash();
    const url = `--url=${daemon.url}`;
    const tries = async () =>
      (await cli(['webhook', 'queue', url])).stdout.match(/answered|refused|mode 0644|does not contain/g)?.length ?? 0;
    await eventually('every receiver was tried', async () => (await tries()) >= 10, 20_000);

    const output = [
      ...(await Promise.all(
        [
          '/',
          '/metrics',
          '/events?poll=1&since=all',
          '/api/v1/events',
          '/api/v1/webhooks',
          '/api/v1/webhooks/dead',
          '/api/v1/servers',
        ].map(async (place) => (await fetch(daemon.url + place)).text()),
      )),
      ...(await outputsOf([
        ['webhook', 'queue', url],
        ['webhook', 'dead', url],
        ['webhook', 'replay', 'all', url],
        ['webhook', 'test', `--config.file=${path}`],
        ['webhook', 'test', '--dry-run', '--resolved', `--config.file=${path}`],
        ['webhook', 'test', 'unknown', `--config.file=${path}`],
        ['check', `--config.file=${path}`, `--tmux.socket-directory=${daemon.sockets}`],
        ['check', `--config.file=${await brokenCopy(path)}`],
      ])),
    ];
    await daemon.stop();
    output.push(JSON.stringify(daemon.log), await readFile(join(daemon.sockets, 'state', 'journal.db'), 'latin1'));
    await server.cleanup();
    await daemon.cleanup();

    const all = output.join('\n');
    expect(all).toContain('no such hook');
    expect(all).toMatch(/FAIL web hook readable: \S+ has mode 0644, expected 0600 or 0640: run chmod 600 /);
    for (const secret of [...SECRETS, signing, signing.slice(6)]) expect(all).not.toContain(secret);
    for (const secret of ['me:t0ken-password', 'me:t0ken-proxy'])
      expect(all).not.toContain(Buffer.from(secret).toString('base64'));
  }, 60_000);

  async function outputsOf(commands: readonly (readonly string[])[]): Promise<string[]> {
    const outputs: string[] = [];
    for (const command of commands) {
      const { stdout, stderr } = await cli(command);
      outputs.push(stdout, stderr);
    }
    return outputs;
  }

  /** The same configuration with a mistake in every entry. */
  async function brokenCopy(path: string): Promise<string> {
    const broken = join(folder, 'broken.yaml');
    const text = await readFile(path, 'utf8');
    await writeFile(broken, text.replaceAll('http://', 'htp://').replaceAll('timeout: 500ms', 'timeout: never'));
    return broken;
  }
});
