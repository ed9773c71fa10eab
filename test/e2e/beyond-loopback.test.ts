import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type Agent, request } from 'node:https';
import { basename, join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hashSync } from 'bcryptjs';
import { cli, Daemon, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { type Certificate, makeCertificate } from '../support/world/certificates.ts';
import { Prometheus, type PrometheusOptions } from '../support/world/prometheus.ts';

const USERS = `basic_auth_users: {scraper: '${hashSync('open sesame', 4)}'}\n`;
const TLS = 'tls_server_config: {cert_file: own.crt, key_file: own.key';
const LOGIN = 'basic_auth: {username: scraper, password: open sesame}';

describe('Beyond loopback', () => {
  let folder: string;
  let authority: Certificate;
  let client: Certificate;
  let web: string;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    authority = await makeCertificate(folder, 'authority');
    client = await makeCertificate(folder, 'client', { issuer: authority });
    await makeCertificate(folder, 'own', { issuer: authority });
    web = join(folder, 'web.yml');
  });
  afterAll(() => removeFolder(folder));

  /** Runs a daemon on all addresses with a web config file, for the time of a test. */
  async function withDaemon(
    file: string,
    run: (daemon: Daemon, port: string) => Promise<void>,
    more: readonly string[] = [],
  ): Promise<void> {
    await writeFile(web, file);
    const flags = [`--web.config.file=${web}`, '--web.listen-address=0.0.0.0:0', ...more];
    const daemon = await Daemon.start({ flags });
    try {
      await run(daemon, new URL(daemon.url).port);
    } finally {
      await daemon.cleanup();
    }
  }

  /** The health of a scrape by a Prometheus with these settings. */
  async function scraped(port: string, scrape: string, options: PrometheusOptions = {}): Promise<string> {
    const prometheus = await Prometheus.start(`127.0.0.1:${port}`, { scrape, ...options });
    try {
      return await prometheus.outcome();
    } finally {
      await prometheus.cleanup();
    }
  }

  const tlsConfig = (more = '') => `scheme: https, tls_config: {ca_file: ${authority.cert}${more}}`;

  it('a Prometheus scrapes by TLS with a password, and not with a wrong one, none, or without TLS', async () => {
    await withDaemon(`${TLS}}\n${USERS}`, async ({ url }, port) => {
      expect(url).toBe(`https://0.0.0.0:${port}`);
      const wrong = LOGIN.replace('open', 'shut');
      const scrapes = [`${tlsConfig()}, ${LOGIN}`, `${tlsConfig()}, ${wrong}`, tlsConfig(), LOGIN];
      const [right, ...others] = await Promise.all(scrapes.map((scrape) => scraped(port, scrape)));
      expect(right).toBe('up');
      expect(others).toEqual([
        expect.stringContaining('401'),
        expect.stringContaining('401'),
        expect.stringContaining('EOF'),
      ]);
    });
  });

  it('a Prometheus scrapes with a client certificate, and not without', async () => {
    const file = `${TLS}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: authority.crt}\n`;
    await withDaemon(file, async (_daemon, port) => {
      const certificate = `, cert_file: ${client.cert}, key_file: ${client.key}`;
      const scrapes = [tlsConfig(certificate), tlsConfig()].map((scrape) => scraped(port, scrape));
      expect(await Promise.all(scrapes)).toEqual(['up', expect.stringContaining('certificate required')]);
    });
  });

  it('a Prometheus scrapes with a token of its scope, and not with a wrong one, one of another scope, or none', async () => {
    const files = { read: join(folder, 'read'), alerts: join(folder, 'alerts'), wrong: join(folder, 'wrong') };
    for (const [name, path] of Object.entries(files))
      await writeFile(path, `${name}-token-0123456789\n`, { mode: 0o600 });
    const config = join(folder, 'config.yml');
    const tokens = `{file: ${files.read}, scopes: [read]}, {file: ${files.alerts}, scopes: [alerts]}`;
    await writeFile(config, `web: {tokens: [${tokens}]}\n`, { mode: 0o600 });
    const withToken = (path: string) => `${tlsConfig()}, authorization: {credentials_file: ${path}}`;
    await withDaemon(
      `${TLS}}\n`,
      async (_daemon, port) => {
        const scrapes = [...Object.values(files).map(withToken), tlsConfig()];
        const [right, ...others] = await Promise.all(scrapes.map((scrape) => scraped(port, scrape)));
        expect(right).toBe('up');
        expect(others).toEqual(['403', '401', '401'].map((status) => expect.stringContaining(status)));
      },
      [`--config.file=${config}`],
    );
  });

  it('a certificate is renewed, and a bad file has no effect, without a failed scrape', async () => {
    await withDaemon(`${TLS}}\n${USERS}`, async (daemon, port) => {
      const prometheus = await Prometheus.start(`127.0.0.1:${port}`, { scrape: `${tlsConfig()}, ${LOGIN}` });
      const scrapes = (count: number) =>
        eventually(`${count} scrapes`, async () => ((await prometheus.value('count_over_time(up[5m])')) ?? 0) >= count);
      try {
        await scrapes(1);
        const before = await serialOf(port);
        await makeCertificate(folder, 'own', { issuer: authority });
        const after = await serialOf(port);
        expect(after).not.toBe(before);
        await writeFile(web, 'basic_auth_users: {}\n');
        expect(await serialOf(port)).toBe(after);
        const logged = (text: RegExp) => eventually(`${text}`, () => daemon.log.some(({ msg }) => text.test(msg)));
        await logged(/^the web config file, or one of its certificates, has changed and is in force$/);
        await logged(/^the web config file has changed and is invalid; .* nothing is encrypted and no login/);
        await scrapes(3);
        expect(await prometheus.value('min_over_time(up[5m])')).toBe(1);
        const successful = 'tmux_exporter_web_config_last_reload_successful';
        await eventually('the metric says so', async () => (await prometheus.value(successful)) === 0);
      } finally {
        await prometheus.cleanup();
      }
    });
  });

  it('only health is told to everybody', async () => {
    await withDaemon(`${TLS}}\n${USERS}`, async (_daemon, port) => {
      const paths = ['/-/healthy', '/-/ready', '/', '/metrics', '/events', '/api/v1/servers', '/nothing'];
      const statuses = await Promise.all(paths.map((path) => statusOf(port, path)));
      expect(statuses).toEqual([200, 200, 401, 401, 401, 401, 401]);
    });
  });

  it('our own commands come in with a password and with a token, by TLS, and follow the feed', async () => {
    const password = join(folder, 'password');
    await writeFile(password, 'open sesame\n', { mode: 0o600 });
    await withDaemon(`${TLS}}\n${USERS}`, async ({ tokenFile }, port) => {
      const url = `--url=https://127.0.0.1:${port}`;
      const reached = [url, `--ca-file=${authority.cert}`];
      const login = [...reached, '--user=scraper', `--password-file=${password}`];
      const token = [...reached, `--token-file=${tokenFile}`];
      const socket = join(folder, 'none');
      expect(await cli(['servers', 'list', ...login])).toMatchObject({ code: 0, stdout: 'No server is registered.\n' });
      expect(await cli(['servers', 'add', 'x', socket, ...login])).toMatchObject({ code: 1, stdout: '' });
      expect(await cli(['servers', 'add', 'x', socket, ...token])).toMatchObject({ code: 0, stderr: '' });
      const env = { XDG_STATE_HOME: join(folder, 'state') };
      const followed = await cli(['watch', '--since=all', '--once', '--json', ...login], env);
      expect(JSON.parse(followed.stdout)).toMatchObject({ type: 'server-registered', server: { name: 'x' } });
      expect(await cli(['servers', 'list', url])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('certificate'),
      });
    });
  });

  it('our own commands come in as the client configuration file says', async () => {
    await withDaemon(`${TLS}}\n${USERS}`, async (_daemon, port) => {
      const config = join(folder, 'tmux-exporter');
      await mkdir(config, { mode: 0o700 });
      await writeFile(join(config, 'password'), 'open sesame\n', { mode: 0o600 });
      const entry = (login: string) =>
        `exporters: [{url: 'https://${login}127.0.0.1:${port}', ca_file: '../${basename(authority.cert)}'`;
      const run = (...words: string[]) => cli(words, { XDG_CONFIG_HOME: folder });
      const write = (text: string) => writeFile(join(config, 'client.yml'), text, { mode: 0o600 });

      await write(`${entry('')}, user: scraper, password_file: password}]`);
      expect(await run('servers', 'list')).toMatchObject({ code: 0, stdout: 'No server is registered.\n' });
      await write(`${entry('scraper:open%20sesame@')}}]`);
      expect(await run('servers', 'list', `--url=https://127.0.0.1:${port}/`)).toMatchObject({ code: 0 });
      await write(`${entry('')}}]`);
      expect(await run('servers', 'list')).toMatchObject({ code: 1, stdout: '' });
      await write('exporters: [{}]');
      expect(await run('servers', 'list')).toMatchObject({ code: 2, stderr: expect.stringContaining('client.yml:1:') });
    });
  });

  it('our own commands come in with a client certificate, and not without', async () => {
    const file = `${TLS}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: authority.crt}\n`;
    await withDaemon(file, async (_daemon, port) => {
      const env = { TMUX_EXPORTER_URL: `https://127.0.0.1:${port}`, TMUX_EXPORTER_CA_FILE: authority.cert };
      const certificate = { TMUX_EXPORTER_CERT_FILE: client.cert, TMUX_EXPORTER_KEY_FILE: client.key };
      expect(await cli(['servers', 'list'], { ...env, ...certificate })).toMatchObject({ code: 0 });
      expect(await cli(['servers', 'list'], env)).toMatchObject({ code: 1, stdout: '' });
      const half = await cli(['servers', 'list'], { ...env, TMUX_EXPORTER_CERT_FILE: client.cert });
      expect(half).toMatchObject({ code: 2, stderr: '--cert-file: expected --key-file with it, found none\n' });
    });
  });

  it.each([
    ['nothing', '', 'nothing is encrypted and no login is needed'],
    ['users alone', USERS, 'nothing is encrypted:'],
    ['TLS alone', `${TLS}}\n`, 'reached by other machines, and no login is needed'],
    ['any certificate', `${TLS}, client_auth_type: RequireAnyClientCert}\n`, 'no login is needed'],
    ['an unknown key', 'tls_server_config: {}\nusers: {}', 'web.yml:2:1: users: unknown key'],
  ])('serve and check refuse a file with %s', async (_name, file, problem) => {
    await writeFile(web, file);
    const flags = [...daemonFlags(folder), `--web.config.file=${web}`, '--web.listen-address=0.0.0.0:0'];
    const served = await cli(['serve', ...flags]);
    expect(served).toMatchObject({ code: 2, stderr: expect.stringContaining(problem) });
    expect(await cli(['check', ...flags])).toMatchObject({ code: 1, stdout: expect.stringContaining(problem) });
  });

  async function statusOf(port: string, path: string, agent: Agent | false = false): Promise<number> {
    const ca = await readFile(authority.cert);
    const [response] = await once(request({ host: '127.0.0.1', port, path, agent, ca }).end(), 'response');
    response.destroy();
    return response.statusCode;
  }

  async function serialOf(port: string): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca: await readFile(authority.cert) });
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  }
});
