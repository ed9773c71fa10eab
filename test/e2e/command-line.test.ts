import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cli, Daemon, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

describe('The command line', () => {
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

  it('tells every problem of a configuration at once, each with its place, what was expected and what was found', async () => {
    const file = join(folder, 'bad.yaml');
    await writeFile(
      file,
      'pol:\n  timeout: 2s\nlimits:\n  servers: "many"\nservers:\n  - name: "no good"\n    socket: /tmp/x\n',
    );
    const flags = ['--config.file', file, '--poll.schedule', 'often', '--poll.concurrency', '0'];
    const { code, stdout, stderr } = await cli(['serve', ...flags], { TMUX_EXPORTER_POLL_TIMEOUT: 'soon' });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.split('\n').filter((line) => line.includes(': '))).toHaveLength(6);
    expect(stderr).toContain(`${file}:1:1: pol: unknown key, did you mean "poll"?`);
    expect(stderr).toContain(`${file}:4:12: limits.servers: expected`);
    expect(stderr).toContain(`${file}:6:11: servers[0].name: expected a server name`);
    expect(stderr).toContain('flag --poll.schedule: expected a cron expression');
    expect(stderr).toContain('flag --poll.concurrency: expected a whole number');
    expect(stderr).toContain('environment variable TMUX_EXPORTER_POLL_TIMEOUT: expected a duration');
  });

  it.each([
    ['an unknown flag', ['serve', '--nonsense']],
    ['an unknown command', ['nonsense']],
  ])('ends with 2 for %s', async (_, args) => {
    const { code, stderr } = await cli(args);
    expect(code).toBe(2);
    expect(stderr).toContain('nonsense');
  });

  it('shows its help and its version', async () => {
    expect(await cli(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(await cli(['serve', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('--poll.schedule'),
    });
  });

  it('polls once and writes the metrics', async () => {
    const { code, stdout } = await cli(['once', ...daemonFlags(folder)]);
    expect(code).toBe(0);
    expect(stdout).toContain('tmux_server_up{server="work"} 1');
    expect(stdout).toContain('tmux_server_sessions{server="work"} 1');
  });

  it('writes nothing of its own process, which would clash with node_exporter beside whose file it stands', async () => {
    const { stdout } = await cli(['once', ...daemonFlags(folder)]);
    expect(stdout.match(/^(?:# \w+ )?(?:process|nodejs)_.*$/gm)).toBeNull();
    expect(stdout).toContain('tmux_exporter_build_info');
  });

  it.each(['once', 'check'])('reports configured servers that cannot be registered: %s', async (command) => {
    const flags = ['--tmux.server=one', '--tmux.server=other', '--limits.servers=1'];
    const { code, stdout, stderr } = await cli([command, ...daemonFlags(folder), ...flags]);
    expect(code).toBe(1);
    expect(stdout + stderr).toContain('other is not registered: 1 servers are registered');
  });

  it('checks the machine, and fails where something is in the way', async () => {
    const fine = await cli(['check', ...daemonFlags(folder)]);
    expect(fine).toMatchObject({ code: 0, stdout: expect.stringContaining('servers: 1 live server') });
    const bad = await cli(['check', ...daemonFlags(folder), '--tmux.binary=/nonexistent/tmux']);
    expect(bad).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no tmux runs as "/nonexistent/tmux"'),
    });
  });

  it.each([
    { flags: [], code: 0 },
    { flags: ['--tmux.binary=/nonexistent/tmux'], code: 1 },
  ])('writes each line of check as JSON, too: $flags', async ({ flags, code }) => {
    const args = ['check', ...daemonFlags(folder), ...flags];
    const [text, json] = [await cli(args), await cli([...args, '--json'])];
    expect([text.code, json.code]).toEqual([code, code]);
    const { results } = JSON.parse(json.stdout) as { results: Record<string, string | null>[] };
    const marks = { fine: 'ok   ', note: 'note ', bad: 'FAIL ' };
    const lines = results.map(({ subject, verdict, message, cure, ...rest }) => {
      expect(rest).toEqual({});
      return `${marks[verdict as keyof typeof marks]}${subject}: ${message}${cure === null ? '' : `: ${cure}`}\n`;
    });
    expect(lines.join('')).toBe(text.stdout);
    expect(results.filter(({ verdict, cure }) => verdict === 'bad' && cure === null)).toEqual([]);
  });

  it('says of a server that a tmux client asks it, so that it has polls and no death watch', async () => {
    const note = /^note server work: it is polled by a tmux client and has no death watch/m;
    const { code, stdout } = await cli(['check', ...daemonFlags(folder), '--tmux.client=binary']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(note) });
    expect(stdout).toContain('ok   server work: up, 1 session\n');
    expect((await cli(['check', ...daemonFlags(folder)])).stdout).not.toMatch(note);
  });

  it('reads the configuration of its user where none is named, and says so', async () => {
    const file = join(folder, 'tmux-exporter', 'config.yml');
    await mkdir(dirname(file));
    await writeFile(file, 'limits: {servers: 7}\n');
    const env = { XDG_CONFIG_HOME: folder };
    const checked = await cli(['check', ...daemonFlags(folder)], env);
    expect(checked.stdout).toContain(`ok   configuration: ${file}\n`);
    const daemon = await Daemon.start({ env });
    expect(daemon.log.map(({ msg }) => msg)).toContain(`configuration: ${file}`);
    await daemon.cleanup();
    await writeFile(file, 'limits: {servers: many}\n');
    const refused = await cli(['once', ...daemonFlags(folder)], env);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining(`${file}:1:19: limits.servers:`) });
  });

  it('refuses to be reached by other machines', async () => {
    const result = await cli(['serve', ...daemonFlags(folder), '--web.listen-address=0.0.0.0:0']);
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('--web.insecure') });
  });

  it.each([
    ['is missing', null, 'cannot be read (ENOENT)'],
    ['has an unknown key', 'tls: {}\n', 'unknown key'],
    [
      'names a certificate that is none',
      'tls_server_config: {cert_file: web.yml, key_file: web.yml}\n',
      'expected a certificate and its key',
    ],
  ])('ends with 2, so that a service is not started again, if its web config file %s', async (_, text, problem) => {
    const file = join(folder, 'web.yml');
    if (text !== null) await writeFile(file, text);
    const { code, stderr } = await cli(['serve', ...daemonFlags(folder), `--web.config.file=${file}`]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(problem) });
  });

  it('begins its log with a line per fact, the last of them what to try next', async () => {
    const daemon = await Daemon.start({ sockets: folder });
    const lines = () => daemon.log.filter(({ level }) => level >= 30).map(({ msg }) => msg);
    await eventually('it says what to try next', () => lines().some((line) => line.startsWith('try next: ')));
    await daemon.stop();
    expect(lines().slice(0, 3)).toEqual([
      expect.stringMatching(new RegExp(`^tmux-exporter [\\d.]+ is listening on ${daemon.url}$`)),
      'found 1 tmux server: work (1 session)',
      `try next: tmux-exporter watch --url ${daemon.url}, in another terminal, or open ${daemon.url}/`,
    ]);
  });

  it('lists, adds and removes servers of a running daemon, and says so where none runs', async () => {
    const daemon = await Daemon.start({ sockets: folder });
    try {
      const env = { TMUX_EXPORTER_URL: daemon.url, TMUX_EXPORTER_TOKEN_FILE: daemon.tokenFile };
      expect((await cli(['servers', 'list'], env)).stdout).toMatch(/^NAME +STATE .*\nwork +up +discovered +1 +1 +1 /);
      expect(await cli(['servers', 'add', 'extra', join(folder, 'extra')], env)).toMatchObject({ code: 0 });
      expect((await cli(['servers', 'list'], env)).stdout).toMatch(/^extra +pending +api/m);
      expect(await cli(['servers', 'remove', 'extra'], env)).toMatchObject({ code: 0 });
      const absent = await cli(['servers', 'remove', 'absent'], env);
      expect(absent).toEqual({ code: 1, stdout: '', stderr: 'no server is registered as "absent"\n' });
    } finally {
      await daemon.stop();
    }
    const alone = await cli(['servers', 'list', '--url', daemon.url]);
    expect(alone).toMatchObject({ code: 1, stderr: expect.stringMatching(/^no exporter answers at .*\n$/) });
  });
});

describe('The daemon', () => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await Daemon.start();
  });

  afterAll(async () => daemon.cleanup());

  it('is refused its port by a second one in one line', async () => {
    const other = await makePrivateFolder();
    const address = daemon.url.replace('http://', '');
    const result = await cli(['serve', ...daemonFlags(other), `--web.listen-address=${address}`]);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/^127\.0\.0\.1:\d+ is in use.*\n$/) });
    await removeFolder(other);
  });

  it('is refused its store by a second one in one line', async () => {
    const result = await cli(['serve', ...daemonFlags(daemon.sockets)]);
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/journal\.db is in use by another tmux-exporter.*\n$/),
    });
  });

  it('keeps its configuration where the new one is bad, and takes up a good one', async () => {
    const file = join(daemon.sockets, 'config.yaml');
    await writeFile(file, '');
    const other = await Daemon.start({ flags: ['--config.file', file] });
    try {
      await writeFile(file, 'servers:\n  - {name: kept, socket: /nonexistent/kept}\n');
      other.kill('SIGHUP');
      await eventually(
        'the server is registered',
        async () => (await other.sample('tmux_server_up{server="kept"}')) === 0,
      );
      await writeFile(file, 'servers: 7\n');
      other.kill('SIGHUP');
      const successful = 'tmux_exporter_config_last_reload_successful';
      await eventually('the failure is told', async () => (await other.sample(successful)) === 0);
      expect(await other.sample('tmux_server_up{server="kept"}')).toBe(0);
      expect(other.log.some(({ msg }) => msg.includes('servers: expected a list'))).toBe(true);
      await writeFile(file, '');
      other.kill('SIGHUP');
      await eventually('the server is not registered any more', async () => {
        return (await other.sample('tmux_server_up{server="kept"}')) === null;
      });
    } finally {
      await other.cleanup();
    }
  });

  it('names a configuration file that appears, and keeps its configuration if that file is gone', async () => {
    const folder = await makePrivateFolder();
    const file = join(folder, 'tmux-exporter', 'config.yml');
    await mkdir(dirname(file));
    const other = await Daemon.start({ env: { XDG_CONFIG_HOME: folder } });
    try {
      const logged = (text: string) => other.log.filter(({ msg }) => msg.includes(text)).length;
      await writeFile(file, 'servers: [{name: kept, socket: /nonexistent/kept}]\n');
      other.kill('SIGHUP');
      await eventually('it is read', () => logged('the configuration was read again') === 1);
      expect(logged(`configuration: ${file}`)).toBe(1);
      other.kill('SIGHUP');
      await eventually('it is read once more', () => logged('the configuration was read again') === 2);
      expect(logged(`configuration: ${file}`)).toBe(1);
      await rm(file);
      other.kill('SIGHUP');
      await eventually('it is refused', () => logged(`expected ${file} as before, found no configuration file`) === 1);
      expect(await other.sample('tmux_server_up{server="kept"}')).toBe(0);
    } finally {
      await other.cleanup();
      await removeFolder(folder);
    }
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s within 5 s, telling its streams', async (signal) => {
    const ending = await Daemon.start();
    const feed = await FeedReader.open(ending.url);
    const begun = performance.now();
    expect(await ending.stop(signal)).toBe(0);
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(feed.messages.at(-1)).toMatchObject({ type: 'bye', reason: 'shutdown' });
    await ending.cleanup();
  });
});
