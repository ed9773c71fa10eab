import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, writeFile } from 'node:fs/promises';
import { get, type RequestOptions } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { COMMAND_LINE, cli, Daemon, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { isInstalled } from '../support/machine/program.ts';
import { makeStaleSocket } from '../support/tmux/stale-socket.ts';

/** Sends the process a SIGHUP as soon as it takes one. */
const HANG_UP_AT_ONCE = `process.on('newListener', (name) => name === 'SIGHUP' && process.kill(process.pid, 'SIGHUP'))`;

describe('A daemon', () => {
  let folder: string;
  let socket: string;
  let daemon: Daemon | null = null;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    socket = join(folder, 'exporter.sock');
  });
  afterEach(async () => {
    await daemon?.cleanup();
    daemon = null;
    await removeFolder(folder);
  });

  const start = async (...flags: readonly string[]) => {
    daemon = await Daemon.start({ flags });
    return daemon;
  };

  function statusOf(options: RequestOptions): Promise<number | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
    get({ path: '/-/healthy', agent: false, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
    return promise;
  }

  it('listens on several addresses, each with the guard that it needs', async () => {
    const { log, url } = await start(
      '--web.listen-address=127.0.0.1:0',
      '--web.listen-address=0.0.0.0:0',
      `--web.listen-address=unix:${socket}`,
      '--web.insecure',
    );
    const line = log.find(({ msg }) => msg.includes('is listening on'))?.msg ?? '';
    const [, local = '', open = ''] =
      /on (http:\/\/127\.0\.0\.1:\d+), (http:\/\/0\.0\.0\.0:\d+), unix:/.exec(line) ?? [];
    expect([url, line]).toEqual([local, expect.stringContaining(`, unix:${socket}`)]);
    const headers = { Host: 'rebound.example' };
    const portOf = (address: string) => ({ host: '127.0.0.1', port: new URL(address).port });
    expect(await statusOf({ ...portOf(local), headers })).toBe(403);
    expect(await statusOf({ ...portOf(open), headers })).toBe(200);
    expect(await statusOf({ socketPath: socket, headers })).toBe(200);
  }, 30_000);

  it('refuses to start if one of several addresses is unsafe', async () => {
    const flags = ['--web.listen-address=127.0.0.1:0', '--web.listen-address=[::]:0'];
    const { code, stderr } = await cli(['serve', ...daemonFlags(folder, { flags })]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('[::]:0 can be reached by other machines')]);
  });

  it('has a Unix socket for its user alone, that our commands reach with its token, and removes it', async () => {
    const { tokenFile, sockets } = await start(`--web.listen-address=unix:${socket}`);
    const found = await lstat(socket);
    expect([found.isSocket(), found.mode & 0o777]).toEqual([true, 0o600]);
    const access = ['--url', `unix:${socket}`];
    const env = { TMUX_EXPORTER_STORAGE_PATH: join(tokenFile, '..', 'journal.db'), XDG_STATE_HOME: folder };
    const added = await cli(['servers', 'add', 'other', join(sockets, 'other'), ...access], env);
    expect(added).toEqual({ code: 0, stdout: 'other is registered.\n', stderr: '' });
    const watched = await cli(['watch', '--once', '--json', '--since=all', ...access], env);
    expect(JSON.parse(watched.stdout)).toMatchObject({ type: 'server-registered', server: { name: 'other' } });
    await daemon?.stop();
    await expect(lstat(socket)).rejects.toThrow('ENOENT');
  }, 30_000);

  it.each(['serve', 'hub'] as const)(
    'keeps its Unix socket and ends with SIGTERM if `%s` gets a SIGHUP during its start',
    async (command) => {
      const flags = [`--web.listen-address=unix:${socket}`];
      const options = `--import=data:text/javascript,${encodeURIComponent(HANG_UP_AT_ONCE)}`;
      const env = { NODE_OPTIONS: options, XDG_STATE_HOME: folder };
      daemon =
        command === 'serve'
          ? await Daemon.start({ flags, env })
          : await Daemon.startHub({ flags: [...flags, '--bus.servers=nats://127.0.0.1:1'], env });
      const { log } = daemon;
      const at = (text: string) => log.findIndex(({ msg }) => msg.includes(text));
      await eventually('it has reloaded', () => at('the configuration was read again') >= 0);
      expect(at('the configuration was read again')).toBeGreaterThan(at('is listening on'));
      expect(await statusOf({ socketPath: socket })).toBe(200);
      expect(await daemon.stop()).toBe(0);
    },
    30_000,
  );

  it('gives the file of a Unix socket the mode that is asked for', async () => {
    await start(`--web.listen-address=unix:${socket}`, '--web.unix-socket-mode=660');
    expect((await lstat(socket)).mode & 0o777).toBe(0o660);
  });

  it('replaces a socket on which nobody listens', async () => {
    await makeStaleSocket(socket);
    await start(`--web.listen-address=unix:${socket}`);
    expect(await statusOf({ socketPath: socket })).toBe(200);
  });

  it('replaces no file, and no socket on which somebody listens', async () => {
    const flags = [`--web.listen-address=unix:${socket}`];
    await writeFile(socket, 'precious');
    const file = await cli(['serve', ...daemonFlags(folder, { flags })]);
    expect([file.code, file.stderr]).toEqual([
      1,
      expect.stringContaining(`unix:${socket} is no socket: remove the file`),
    ]);
    const taken = join(folder, 'taken');
    const other = createServer().listen(taken);
    const busy = await cli(['serve', ...daemonFlags(folder, { flags: [`--web.listen-address=unix:${taken}`] })]);
    other.close();
    expect([busy.code, busy.stderr]).toEqual([1, expect.stringContaining(`unix:${taken} is in use`)]);
  }, 30_000);

  const itWithSystemd = isInstalled('systemd-socket-activate') ? it : it.skip;

  itWithSystemd(
    'listens on the socket that systemd hands over',
    async () => {
      const command = [...COMMAND_LINE, 'serve', ...daemonFlags(folder), '--web.systemd-socket'];
      const manager = spawn('systemd-socket-activate', ['--listen', socket, ...command], { stdio: 'ignore' });
      const exit = new Promise((resolve) => manager.once('exit', resolve));
      try {
        // The program is started by the first connection.
        const answers = async () => (await statusOf({ socketPath: socket }).catch(() => null)) === 200;
        await eventually('systemd listens, and the program answers', answers);
      } finally {
        manager.kill();
        await exit;
      }
      // The file is systemd's.
      expect((await lstat(socket)).isSocket()).toBe(true);
    },
    60_000,
  );

  it('says what it expects of systemd, if it gets no socket', async () => {
    const flags = ['--web.systemd-socket'];
    const none = await cli(['serve', ...daemonFlags(folder, { flags })]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('found none (LISTEN_FDS and LISTEN_PID')]);
    const foreign = await cli(['serve', ...daemonFlags(folder, { flags })], { LISTEN_FDS: '1', LISTEN_PID: '1' });
    expect(foreign.stderr).toContain('found those of another process (LISTEN_PID is 1, not ');
  }, 30_000);

  it('says what to set, if a .socket unit passes on sockets that it does not want, and ends as for wrong usage', async () => {
    const variables = ['-c', 'export LISTEN_FDS=1 LISTEN_FDNAMES=x.socket LISTEN_PID=$$; exec "$@"', 'sh'];
    const words = [...variables, ...COMMAND_LINE, 'serve', ...daemonFlags(folder)];
    const unit = spawn('sh', words, { stdio: ['ignore', 'ignore', 'pipe'] });
    const [[code], output] = await Promise.all([once(unit, 'exit'), text(unit.stderr)]);
    expect([code, output]).toEqual([2, expect.stringContaining('systemd passed on the sockets of x.socket')]);
  }, 30_000);

  it('is found by check at a Unix socket', async () => {
    const { sockets } = await start(`--web.listen-address=unix:${socket}`);
    const flags = ['--web.listen-address=127.0.0.1:0', `--web.listen-address=unix:${socket}`];
    const { stdout } = await cli(['check', ...daemonFlags(sockets, { flags })]);
    expect(stdout).toContain('ok   listen address: http://127.0.0.1:0\n');
    expect(stdout).toContain(`ok   listen address: a tmux-exporter runs at unix:${socket}\n`);
    expect((await lstat(socket)).isSocket()).toBe(true);
  }, 30_000);
});
