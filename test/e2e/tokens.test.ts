import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cli, Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { Prometheus } from '../support/world/prometheus.ts';

const READER = 'a-token-that-may-only-read';
const ALERTER = 'a-token-for-alerts/and.nothing~else';

describe('A token', () => {
  let folder: string;
  let daemon: Daemon;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });
  afterEach(async () => {
    await daemon.cleanup();
    await removeFolder(folder);
  });

  const start = async (flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
    daemon = await Daemon.start({ flags, env });
  };

  /** Starts a daemon with a token to read and one for alerts. */
  async function startGuarded(): Promise<void> {
    await writeFile(join(folder, 'reader'), `${READER}\n`, { mode: 0o600 });
    await writeFile(join(folder, 'alerter'), `an-older-token-for-alerts\n${ALERTER}\n`, { mode: 0o640 });
    const config = join(folder, 'config.yml');
    const tokens = `[{file: ${join(folder, 'reader')}}, {file: ${join(folder, 'alerter')}, scopes: [alerts]}]`;
    await writeFile(config, `web: {tokens: ${tokens}}\nalerts: {receive: true}\n`);
    await start([`--config.file=${config}`]);
  }

  function ask(path: string, method = 'GET', token: string | null = null): Promise<Response> {
    const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
    const body = method === 'GET' ? null : '{}';
    return fetch(`${daemon.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...authorization },
      body,
    });
  }

  const ownToken = async () => (await readFile(daemon.tokenFile, 'utf8')).trim();

  it('is made at the first start, for its user alone, and stays', async () => {
    await start();
    const first = await ownToken();
    expect(first).toMatch(/^[\w-]{43}$/);
    expect((await stat(daemon.tokenFile)).mode & 0o777).toBe(0o600);
    const { sockets } = daemon;
    await daemon.stop();
    const next = await Daemon.start({ sockets });
    expect(await ownToken()).toBe(first);
    await next.stop();
    await chmod(daemon.tokenFile, 0o644);
    const last = await Daemon.start({ sockets });
    expect(await ownToken()).not.toBe(first);
    expect((await stat(daemon.tokenFile)).mode & 0o777).toBe(0o600);
    await last.stop();
  });

  it.each([
    ['with its folder, as the store is', () => rm(dirname(daemon.tokenFile), { recursive: true })],
    [
      'by a reload',
      async () => {
        await rm(daemon.tokenFile);
        daemon.kill('SIGHUP');
      },
    ],
  ])('is made again if it is removed: %s', async (_, remove) => {
    await start();
    const former = await ownToken();
    await remove();
    await eventually('there is one', () => existsSync(daemon.tokenFile));
    const [removed, made] = [
      ask('/api/v1/servers/x', 'DELETE', former),
      ask('/api/v1/servers/x', 'DELETE', await ownToken()),
    ];
    expect([(await removed).status, (await made).status]).toEqual([401, 404]);
    const said = () => daemon.log.some(({ msg }) => msg.startsWith('the token of our own commands was made again'));
    await eventually('the log says so', said);
  });

  it('is needed to change something, on loopback too; reading is open', async () => {
    await start(['--web.enable-lifecycle', '--alerts.receive']);
    const changes = [
      ['/api/v1/servers/x', 'PUT'],
      ['/api/v1/servers/x', 'DELETE'],
      ['/api/v1/webhooks/replay', 'POST'],
      ['/-/reload', 'POST'],
      ['/api/v1/alerts', 'POST'],
      ['/API/V1/Alerts/', 'POST'],
      ['/metrics', 'POST'],
    ] as const;
    const refused = await Promise.all(changes.map(([path, method]) => ask(path, method)));
    expect(refused.map(({ status }) => status)).toEqual(changes.map(() => 401));
    expect(refused[0]?.headers.get('www-authenticate')).toBe('Bearer realm="tmux-exporter"');
    const token = await ownToken();
    const allowed = await Promise.all(changes.map(([path, method]) => ask(path, method, token)));
    expect(allowed.map(({ status }) => status)).toEqual([400, 404, 400, 200, 400, 404, 405]);
    const reads = await Promise.all(['/', '/metrics', '/api/v1/servers', '/-/ready'].map((path) => ask(path)));
    expect(reads.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('allows what its scopes say', async () => {
    await startGuarded();
    const asked = async (token: string | null) => {
      const answers = [
        ask('/metrics', 'GET', token),
        ask('/api/v1/servers/x', 'DELETE', token),
        ask('/api/v1/alerts', 'POST', token),
      ];
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await asked(null)).toEqual([401, 401, 401]);
    expect(await asked(READER)).toEqual([200, 403, 403]);
    expect(await asked(ALERTER)).toEqual([403, 403, 400]);
    expect(await asked(await ownToken())).toEqual([200, 404, 400]);
    expect(await asked(`${READER}x`)).toEqual([401, 401, 401]);
    expect((await ask('/-/healthy')).status).toBe(200);
    const text = await (await ask('/metrics', 'GET', READER)).text();
    const failed = [...text.matchAll(/^tmux_exporter_web_logins_failed_total\{reason="(\w+)"\} (\d+)$/gm)];
    const counts = Object.fromEntries(failed.map(([, reason, count]) => [reason, Number(count)]));
    expect(counts).toEqual({ missing: 3, wrong: 3, forbidden: 4, limited: 0, busy: 0 });
  });

  it('lets a Prometheus scrape, and a wrong one does not', async () => {
    await startGuarded();
    const health = async (file: string) => {
      const scrape = `authorization: {credentials_file: ${join(folder, file)}}`;
      const prometheus = await Prometheus.start(new URL(daemon.url).host, { scrape });
      try {
        return await prometheus.outcome();
      } finally {
        await prometheus.cleanup();
      }
    };
    await writeFile(join(folder, 'stranger'), 'a-token-that-nobody-gave-out');
    const outcomes = await Promise.all([health('reader'), health('stranger')]);
    expect(outcomes).toEqual(['up', expect.stringContaining('401')]);
  });

  it('counts as another from the moment that its file changes, and not at all if others may read it', async () => {
    await startGuarded();
    await writeFile(join(folder, 'reader'), 'the-next-token-to-read\n');
    expect((await ask('/metrics', 'GET', READER)).status).toBe(401);
    expect((await ask('/metrics', 'GET', 'the-next-token-to-read')).status).toBe(200);
    await chmod(join(folder, 'reader'), 0o644);
    expect((await ask('/metrics', 'GET', 'the-next-token-to-read')).status).toBe(401);
    const said = () =>
      daemon.log.some(({ msg }) => /^a token is not used: .* has mode 0644, expected 0600 or 0640/.test(msg));
    await eventually('the log says so', said);
  });

  it('that is wrong ten times has its address wait, and keeps nobody out who was let in before', async () => {
    await startGuarded();
    expect((await ask('/metrics', 'GET', READER)).status).toBe(200);
    for (let failure = 0; failure < 10; failure++) {
      expect((await ask('/metrics', 'GET', `wrong-token-${failure}`)).status).toBe(401);
    }
    const limited = await ask('/metrics', 'GET', 'wrong-token');
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask('/metrics', 'GET', READER)).status).toBe(200);
    expect((await ask('/metrics', 'GET', await ownToken())).status).toBe(429);
  });

  const itAsRoot = process.getuid?.() === 0 && process.platform === 'linux' ? it : it.skip;

  itAsRoot.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['::1', '[::1]'],
    ['::', 'localhost'],
  ])('is not sent to another user who listens on %s', async (host, name) => {
    await start();
    const program = `require('node:http').createServer(({ headers }, response) => response.end(JSON.stringify({ servers: [], headers }))).listen(0, '${host}', function () { console.log(this.address().port) })`;
    const stranger = spawn(process.execPath, ['-e', program], { uid: 23_456, gid: 23_456, cwd: '/', stdio: 'pipe' });
    try {
      const port = Number(String((await once(stranger.stdout, 'data'))[0]));
      const url = `http://${name}:${port}`;
      const env = { TMUX_EXPORTER_STORAGE_PATH: join(daemon.tokenFile, '..', 'journal.db') };
      const { stderr } = await cli(['servers', 'remove', 'x', '--url', url], env);
      expect(stderr).toContain(`expected an exporter of yours or of root at ${url}, found a listener of uid 23456`);
    } finally {
      stranger.kill();
      await once(stranger, 'exit');
    }
  });

  it('is sent by our own commands to this machine, and to no other place', async () => {
    const state = join(folder, 'state');
    await mkdir(state);
    const env = { XDG_STATE_HOME: state };
    await start([], env);
    await mkdir(join(state, 'tmux-exporter'));
    await writeFile(join(state, 'tmux-exporter', 'token'), await readFile(daemon.tokenFile), { mode: 0o600 });
    const added = await cli(['servers', 'add', 'x', join(folder, 'x'), '--url', daemon.url], env);
    expect(added).toEqual({ code: 0, stdout: 'x is registered.\n', stderr: '' });
    const seen: IncomingHttpHeaders[] = [];
    const stranger = createServer(({ headers }, response) => {
      seen.push(headers);
      response.end('{"servers": []}');
    }).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as AddressInfo;
    await cli(['servers', 'list', '--url', `http://127.0.0.1.nip.invalid:${port}`], env);
    await cli(['servers', 'list', '--url', `http://me:pw@127.0.0.1:${port}`], env);
    stranger.close();
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      `Basic ${Buffer.from('me:pw').toString('base64')}`,
    ]);
  });
});
