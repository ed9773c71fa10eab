import { once } from 'node:events';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cli, Daemon, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { makeCertificate } from '../support/world/certificates.ts';

describe('What must hold', () => {
  let folder: string;
  let server: TmuxServer;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    server = await TmuxServer.start({ folder, name: 'work' });
  });

  afterAll(async () => {
    await server.cleanup();
    await removeFolder(folder);
  });

  /** What `check` says of a daemon with these flags. */
  async function check(...flags: string[]) {
    const { code, stdout } = await cli(['check', ...daemonFlags(folder), ...flags]);
    return { code, failures: stdout.split('\n').filter((line) => line.startsWith('FAIL')) };
  }

  it('holds in a fresh folder, and check leaves nothing in it', async () => {
    const before = await readdir(folder, { recursive: true });
    expect(await check()).toEqual({ code: 0, failures: [] });
    expect(await readdir(folder, { recursive: true })).toEqual(before);
  });

  it('is shown without anything that a terminal obeys, whatever a socket is called', async () => {
    const socket = join(folder, 'a\u009b31m\u202eb');
    for (const command of ['check', 'once']) {
      const { stdout, stderr } = await cli([command, ...daemonFlags(folder), `--tmux.server=evil=${socket}`]);
      expect(`${stdout}${stderr}`.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
    }
    const { stdout } = await cli(['check', ...daemonFlags(folder), `--tmux.server=evil=${socket}`]);
    expect(stdout).toContain('a\ufffd31m\ufffdb');
  });

  it('is that servers can be registered: a note says why none can be', async () => {
    const notes = async (...flags: string[]) => {
      const { stdout } = await cli(['check', ...daemonFlags(folder), ...flags]);
      return stdout.split('\n').filter((line) => line.startsWith('note servers: no server will be watched'));
    };
    expect(await notes('--tmux.server-exclude=*')).toEqual([
      expect.stringContaining('tmux.server_exclude leaves out all discovered servers, and none is configured'),
    ]);
    expect(await notes('--tmux.server-exclude=*', '--tmux.server=work')).toEqual([]);
  });

  it('is that nobody else listens at the address: serve and check say the same', async () => {
    const stranger = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const address = `127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    const flag = `--web.listen-address=${address}`;
    const { code, failures } = await check(flag);
    const served = await cli(['serve', ...daemonFlags(folder), flag]);
    stranger.closeAllConnections();
    stranger.close();
    expect({ code, failures }).toEqual({ code: 1, failures: [expect.stringContaining(`${address} is in use`)] });
    expect(served).toMatchObject({ code: 1, stderr: failures[0]?.replace('FAIL listen address: ', '').concat('\n') });
  });

  it('is that no listen address is part of another one: serve and check say the same', async () => {
    const port = await freePort();
    const flags = [`--web.listen-address=127.0.0.1:${port}`, `--web.listen-address=0.0.0.0:${port}`, '--web.insecure'];
    const { code, failures } = await check(...flags);
    const served = await cli(['serve', ...daemonFlags(folder), ...flags]);
    const problem = `127.0.0.1:${port} and 0.0.0.0:${port} cannot be listened on together`;
    expect({ code, failures }).toEqual({ code: 1, failures: [expect.stringContaining(problem)] });
    expect(served).toMatchObject({ code: 2, stderr: failures[0]?.replace('FAIL listen address: ', '').concat('\n') });
  });

  it('is that the address is safe', async () => {
    const { code, failures } = await check('--web.listen-address=0.0.0.0:0');
    expect({ code, failures }).toEqual({ code: 1, failures: [expect.stringContaining('--web.insecure')] });
  });

  it.each([
    ['/proc/nowhere/journal.db', 'ENOENT'],
    ['/dev/null', 'it is not a regular file'],
    ['/dev/null/journal.db', 'ENOTDIR'],
  ])('is that events can be stored, not in %s', async (path, problem) => {
    const { code, failures } = await check(`--storage.path=${path}`);
    expect({ code, failures }).toEqual({ code: 1, failures: [expect.stringContaining(problem)] });
    expect(failures[0]).toMatch(new RegExp(`^FAIL storage: ${path} cannot be used to store events: `));
  });

  it('is that nobody else can replace the store: check fails, and serve starts and logs it', async () => {
    const open = await makePrivateFolder();
    await chmod(open, 0o777);
    const flag = `--storage.path=${join(open, 'journal.db')}`;
    const { code, failures } = await check(flag);
    expect({ code, failures }).toEqual({
      code: 1,
      failures: [expect.stringContaining(`FAIL state folder: others can write to ${open} (mode 0777)`)],
    });
    const daemon = await Daemon.start({ flags: [flag] });
    const problem = failures[0]?.replace('FAIL ', '');
    await eventually('it is logged', () => daemon.log.some(({ level, msg }) => level === 40 && msg === problem));
    await daemon.cleanup();
    await removeFolder(open);
  });

  it.each([
    ['/bin/true', '"/bin/true -V" said nothing'],
    ['/bin/echo', '"/bin/echo -V" said "-V"'],
    ['/bin/false', '"/bin/false -V" said nothing'],
    ['/nonexistent/tmux', 'no tmux runs as "/nonexistent/tmux"'],
  ])('is that a tmux.binary that a person named is a tmux, not %s: once goes without it', async (binary, problem) => {
    const { code, failures } = await check(`--tmux.binary=${binary}`);
    expect({ code, failures }).toEqual({ code: 1, failures: [expect.stringContaining(`FAIL tmux: ${problem}`)] });
    const looked = await cli(['once', ...daemonFlags(folder), `--tmux.binary=${binary}`]);
    expect(looked).toMatchObject({ code: 0, stderr: '' });
    expect(looked.stdout).toContain('tmux_server_up{server="work"} 1');
  });

  it('is not a tmux for once if there is no server to poll', async () => {
    const empty = await makePrivateFolder();
    const { code, stderr } = await cli(['once', ...daemonFlags(empty), '--tmux.binary=/nonexistent/tmux']);
    await removeFolder(empty);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('is no tmux as long as nobody names one: the exporter speaks to servers by itself', async () => {
    const looked = await cli(['once', ...daemonFlags(folder)], { PATH: '/nonexistent' });
    expect(looked).toMatchObject({ code: 0, stderr: '' });
    expect(looked.stdout).toContain('tmux_server_up{server="work"} 1');
  });

  it('is what receivers need: check fails, and serve starts and logs it, at a reload again', async () => {
    const open = join(folder, 'open-url');
    await writeFile(open, 'http://127.0.0.1:9/');
    await chmod(open, 0o644);
    const file = join(folder, 'config.yml');
    const receivers = (missing: string) =>
      `webhooks:\n  - {name: missing, url_file: ${missing}}\n  - {name: open, url_file: ${open}}\n`;
    await writeFile(file, receivers('/nonexistent/url'));
    const { code, failures } = await check(`--config.file=${file}`);
    expect({ code, failures }).toEqual({
      code: 1,
      failures: [
        'FAIL web hook missing: /nonexistent/url cannot be read (ENOENT)',
        `FAIL web hook open: ${open} has mode 0644, expected 0600 or 0640: run chmod 600 ${open} if the exporter's user owns it and nobody else reads it; otherwise give the exporter a copy`,
      ],
    });
    const daemon = await Daemon.start({ flags: [`--config.file=${file}`] });
    const logged = (text: string) => daemon.log.some(({ level, msg }) => level === 40 && msg === text);
    await eventually('both are logged', () => failures.every((line) => logged(line.replace('FAIL ', ''))));
    await writeFile(file, receivers('/nonexistent/other'));
    daemon.kill('SIGHUP');
    const again = 'web hook missing: /nonexistent/other cannot be read (ENOENT)';
    await eventually('it is logged again', () => logged(again));
    await daemon.cleanup();
  });

  it('is that the files of tokens can be used: check fails, and serve starts and logs it', async () => {
    const file = join(folder, 'tokens.yml');
    await writeFile(file, `web: {tokens: [{file: /nonexistent/token}, {file: ${folder}}]}`);
    const { code, failures } = await check(`--config.file=${file}`);
    const problems = ['/nonexistent/token cannot be read (ENOENT)', `${folder} is not a regular file`];
    expect({ code, failures }).toEqual({ code: 1, failures: problems.map((problem) => `FAIL token: ${problem}`) });
    const daemon = await Daemon.start({ flags: [`--config.file=${file}`] });
    const logged = (text: string) => daemon.log.some(({ level, msg }) => level === 40 && msg === text);
    await eventually('both are logged', () => problems.every((problem) => logged(`token: ${problem}`)));
    await daemon.cleanup();
  });

  it('is no failure if an exporter runs already', async () => {
    const daemon = await Daemon.start({ sockets: folder });
    const { stdout, code } = await cli([
      'check',
      ...daemonFlags(folder),
      `--web.listen-address=${new URL(daemon.url).host}`,
    ]);
    await daemon.stop();
    expect(code).toBe(0);
    expect(stdout).toContain(`ok   listen address: a tmux-exporter runs at ${daemon.url}\n`);
    expect(stdout).toContain(
      `note storage: ${join(folder, 'state', 'journal.db')} is in use by a running tmux-exporter`,
    );
  });

  it('is a safe configuration of the web also where an exporter runs, whatever scheme that one has', async () => {
    const daemon = await Daemon.start({ sockets: folder });
    const { host, port } = new URL(daemon.url);
    const web = join(folder, 'web.yml');
    const withWebFile = [`--web.listen-address=${host}`, `--web.config.file=${web}`];
    await writeFile(web, 'tls_server_config: {cert_file: own.crt, key_file: own.key}\n');
    const broken = await check(...withWebFile);
    const unsafe = await check(`--web.listen-address=0.0.0.0:${port}`);
    await makeCertificate(folder, 'own');
    const good = await check(...withWebFile);
    await daemon.stop();
    const missing = (key: string, name: string) =>
      `${web}: tls_server_config.${key}: expected a file in PEM, found that ${join(folder, name)} cannot be read (ENOENT)`;
    expect(broken).toEqual({
      code: 1,
      failures: [`FAIL listen address: ${missing('cert_file', 'own.crt')}; ${missing('key_file', 'own.key')}`],
    });
    expect(unsafe).toEqual({ code: 1, failures: [expect.stringContaining('can be reached by other machines')] });
    expect(good).toEqual({ code: 0, failures: [] });
  });

  it('is that no listen address is part of another one, also where an exporter runs', async () => {
    const daemon = await Daemon.start({ sockets: folder });
    const { port } = new URL(daemon.url);
    const addresses = [`127.0.0.1:${port}`, `localhost:${port}`, `0.0.0.0:${port}`];
    const flags = addresses.map((address) => `--web.listen-address=${address}`);
    const found = await check(...flags.slice(0, 2));
    const wide = await check(...flags.slice(2), '--web.insecure');
    const together = await check(...flags, '--web.insecure');
    await daemon.stop();
    for (const result of [found, wide]) expect(result).toEqual({ code: 0, failures: [] });
    const problem = `FAIL listen address: 127.0.0.1:${port} and 0.0.0.0:${port} cannot be listened on together`;
    expect(together).toEqual({ code: 1, failures: [expect.stringContaining(problem)] });
  });

  it('is a web config file that can be used also for the sockets of systemd', async () => {
    const { code, failures } = await check('--web.systemd-socket', '--web.config.file=/nonexistent/web.yml');
    const problem = 'FAIL listen address: /nonexistent/web.yml cannot be read (ENOENT)';
    expect({ code, failures }).toEqual({ code: 1, failures: [problem] });
  });
});
