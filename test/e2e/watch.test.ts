import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cli, Daemon, runCli } from '../support/daemon/daemon.ts';
import { writtenBy } from '../support/machine/child.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ended, processLife } from '../support/machine/process-life.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

describe('watch', () => {
  let folder: string;
  let sockets: string;
  let url: string;
  let daemon: Daemon | null;
  const watches: ChildProcess[] = [];
  /** Leaders of process groups of their own. */
  const pipelines: ChildProcess[] = [];
  const servers: TmuxServer[] = [];
  /** The reading end of a pipe that nobody reads. */
  let unreadPipe: number | null = null;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    sockets = join(folder, 'sockets');
    await mkdir(sockets, { mode: 0o700 });
    url = `http://127.0.0.1:${await freePort()}`;
    daemon = null;
  });

  afterEach(async () => {
    if (unreadPipe !== null) closeSync(unreadPipe);
    unreadPipe = null;
    for (const watch of watches.splice(0)) await end(watch, 'SIGTERM');
    for (const pipeline of pipelines.splice(0)) if (isRunning(pipeline)) process.kill(-(pipeline.pid ?? 0), 'SIGKILL');
    for (const server of servers.splice(0)) await server.cleanup();
    await daemon?.stop();
    await removeFolder(folder);
  });

  async function startDaemon(...flags: string[]): Promise<void> {
    daemon = await Daemon.start({ sockets, flags: [`--web.listen-address=${url.replace('http://', '')}`, ...flags] });
  }

  async function startServer(name: string): Promise<TmuxServer> {
    const server = await TmuxServer.start({ folder: sockets, name });
    servers.push(server);
    return server;
  }

  const env = () => ({ XDG_STATE_HOME: join(folder, 'state'), FOLDER: folder, TMUX_EXPORTER_URL: url });

  function watch(...args: string[]): ChildProcess {
    const child = runCli(['watch', ...args], env());
    watches.push(child);
    return child;
  }

  async function followed(): Promise<void> {
    // One that found no exporter several times waits up to half a minute before it tries again.
    await eventually('it follows', async () => (await daemon?.sample('tmux_exporter_feed_clients')) === 1, 50_000);
  }

  async function linesOf(name: string): Promise<string[]> {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1);
  }

  /** Sequence of the event at the cursor that is kept. */
  async function keptSeq(): Promise<number> {
    const state = join(folder, 'state', 'tmux-exporter');
    const [name = ''] = (await readdir(state, { recursive: true })).filter((file) => file.endsWith('.json'));
    const { cursor } = JSON.parse(await readFile(join(state, name), 'utf8')) as { cursor: string };
    return Number(cursor.split('-')[1]);
  }

  it('runs its command exactly once for each event, though exporter and watch are killed again and again', async () => {
    const command = ['--exec', 'sh', '-c', 'printf "%s\\n" "$TMUX_EXPORTER_EVENT_ID" >>"$FOLDER/handled"'];
    let follower = watch('--since', 'all', ...command);
    let registered = 0;
    for (let life = 0; life < 20; life++) {
      await startDaemon();
      if (life % 2 === 0) await followed();
      for (let count = 0; count < 5; count++) await register(`s${registered++}`);
      if (life % 4 === 2) {
        // Its command has ended when the cursor is kept, and not before.
        await eventually('no command runs', async () => (await keptSeq()) === registered, 20_000);
        await end(follower, 'SIGKILL');
        follower = watch(...command);
      }
      await daemon?.stop('SIGKILL');
    }
    await startDaemon();
    await eventually('all is handled', async () => (await linesOf('handled')).length >= registered, 60_000);
    const response = await fetch(`${url}/api/v1/events?limit=1000`);
    const { events } = (await response.json()) as { events: { id: string }[] };
    expect(events).toHaveLength(registered);
    expect((await linesOf('handled')).sort()).toEqual(events.map(({ id }) => id).sort());
  }, 600_000);

  it('handles the other events while one command hangs, and ends that one in time', async () => {
    await startDaemon();
    const text =
      'case $TMUX_EXPORTER_EVENT_SERVER in hung) sleep 60;; *) echo "$TMUX_EXPORTER_EVENT_SERVER" >>"$FOLDER/handled";; esac';
    const child = watch('--jobs', '2', '--timeout', '1s', '--exec', 'sh', '-c', text);
    const told = writtenBy(child, 'stderr');
    await followed();
    const names = ['hung', 'a', 'b', 'c', 'd'];
    for (const name of names) await register(name);
    await eventually('the others are handled', async () => (await linesOf('handled')).length === 4);
    expect(told()).toBe('');
    await eventually('it is told of', () => told().includes('sh: did not end within 1 s and was killed'));
  });

  it('ends its commands if its terminal is closed', async () => {
    await startDaemon();
    const child = watch('--exec', 'sh', '-c', 'echo $$ >>"$FOLDER/handled"; exec sleep 1000');
    await followed();
    await register('work');
    await eventually('the command runs', async () => (await linesOf('handled')).length === 1);
    const command = processLife(Number((await linesOf('handled'))[0]));

    expect(await end(child, 'SIGHUP')).toBe(0);
    await ended(command);
  });

  it('outlives its terminal if nohup started it', async () => {
    await startDaemon();
    const child = watch('--json', '--exec', 'true');
    const other = runCli(['watch', '--json'], { ...env(), _: '/usr/bin/nohup' });
    watches.push(other);
    const lines = writtenBy(other, 'stdout');
    await eventually('both follow', async () => (await daemon?.sample('tmux_exporter_feed_clients')) === 2);
    other.kill('SIGHUP');
    expect(await end(child, 'SIGHUP')).toBe(0);
    await register('work');

    await eventually('it has written the event', () => lines().includes('server-registered'));
    expect(await end(other, 'SIGTERM')).toBe(0);
  });

  it('writes a line for each notice, without colours where nobody sees them', async () => {
    await startDaemon();
    const lines = writtenBy(watch('--type', 'server-gone'), 'stdout');
    await followed();
    const server = await startServer('work');
    await eventually('the server is up', async () => (await daemon?.sample('tmux_server_up{server="work"}')) === 1);
    await server.crash();
    await eventually('it is told', () => lines().split('\n').length === 3);
    expect(lines()).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d critical tmux server work (crashed|is gone): 1 session, 1 pane lost \(main\); it ran for \d+ s\n {4}Its process \d+ has ended.*\n$/,
    );
  });

  it('says which servers vanished while an exporter without a store was down', async () => {
    await startDaemon('--no-storage');
    const server = await startServer('work');
    await startServer('play');
    const up = (name: string) => daemon?.sample(`tmux_server_up{server="${name}"}`);
    await eventually('both are up', async () => (await up('work')) === 1 && (await up('play')) === 1);
    const lines = writtenBy(watch('--json', '--type', 'server-gone'), 'stdout');
    await followed();
    await daemon?.stop('SIGKILL');
    await server.crash();
    await startDaemon('--no-storage');
    await eventually('it is told', () => lines() !== '', 20_000);
    expect(
      lines()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ type: 'server-gone', synthetic: true, id: null, server: { name: 'work', pid: server.pid } }]);
  }, 60_000);

  it('shows notices on the desktop', async () => {
    await startDaemon();
    const notifySend = join(folder, 'notify-send');
    await writeFile(
      notifySend,
      '#!/bin/sh\nfor last; do shift; title=$before; before=$last; done\necho "$title" >>"$FOLDER/shown"\n',
    );
    await chmod(notifySend, 0o755);
    const child = runCli(['watch', '--desktop'], { ...env(), PATH: `${folder}:${process.env['PATH']}` });
    watches.push(child);
    await followed();
    await register('work');
    await eventually('it is shown', async () => (await linesOf('shown')).length === 1);
    expect(await linesOf('shown')).toEqual(['tmux server work registered']);
  });

  it('shows messages on the clients of other servers, also of those whose events nobody asked for', async () => {
    const [work, play] = [await startServer('work'), await startServer('play')];
    // A server of no folder that is watched: its pane is the terminal of the client.
    const terminal = await TmuxServer.start({ command: `TERM=screen exec tmux -u -S ${play.socket} attach` });
    servers.push(terminal);
    await startDaemon();
    watch('--tmux', '--server', 'work');
    await followed();
    await eventually('both are up', async () => {
      const up = (name: string) => daemon?.sample(`tmux_server_up{server="${name}"}`);
      return (await up('work')) === 1 && (await up('play')) === 1;
    });
    await work.crash();
    const screen = () => terminal.run('capture-pane', '-p');
    await eventually('it is shown', async () => /tmux server work (crashed|is gone): 1 session/.test(await screen()));
  });

  it('ends after one event, and goes on after it the next time', async () => {
    await startDaemon();
    for (const name of ['a', 'b', 'c']) await register(name);
    const next = async (...args: string[]) => {
      const { stdout } = await cli(['watch', '--once', '--json', ...args], env());
      return (JSON.parse(stdout) as { server: { name: string } }).server.name;
    };
    expect(await next('--since', 'all')).toBe('a');
    expect(await next()).toBe('b');
  });

  it.each([['--json'], ['--bell']])('ends with 1 and one line if its output cannot be written: %s', async (flag) => {
    await startDaemon();
    await register('work');
    const script = `exec "$0" "$@" >/dev/full`;
    const args = ['src/cli.ts', 'watch', '--since', 'all', flag];
    const child = spawn('bash', ['--norc', '-c', script, process.execPath, ...args], {
      env: { PATH: process.env['PATH'], ...env() },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    watches.push(child);
    const stderr = writtenBy(child, 'stderr');
    await once(child, 'close');
    expect(stderr()).toMatch(/^the output cannot be written: ENOSPC.*\n$/);
    expect(child.exitCode).toBe(1);
  });

  it('ends in peace when nobody reads it any more', async () => {
    await startDaemon();
    const script = `"$0" "$1" watch --json | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['--norc', '-c', script, process.execPath, 'src/cli.ts'], {
      env: { PATH: process.env['PATH'], ...env() },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    pipelines.push(child);
    const [stdout, stderr] = [writtenBy(child, 'stdout'), writtenBy(child, 'stderr')];
    await followed();
    // Only who writes learns that nobody reads: it is given lines to write until it has ended.
    let registered = 0;
    const closed = once(child, 'close');
    while (isRunning(child)) await Promise.race([register(`s${registered++}`), closed]);
    await closed;
    expect(stderr()).toBe('');
    expect(stdout()).toMatch(/^\{.*\}\n0\n$/);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('ends on %s while its reader does not read', async (signal) => {
    const child = await unread({});
    expect(await end(child, signal)).toBe(0);
  });

  it('ends at once on a further signal', async () => {
    const endless = 'const set = setTimeout; globalThis.setTimeout = (work, ms) => set(work, ms === 500 ? 1e9 : ms);';
    const child = await unread({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(endless)}` });
    await eventually('it has ended', () => !isRunning(child) || !child.kill('SIGINT'));
    expect(child.exitCode).toBe(0);
  });

  it('ends with 2 for what the exporter does not understand, and says what it expected', async () => {
    await startDaemon();
    const { code, stderr } = await cli(['watch', '--type', 'nonsense'], env());
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('type: expected one of') });
  });

  it.each([
    [['--since', 'yesterday'], 'a time span'],
    [['--jobs', '0'], 'a whole number from 1 to 256'],
    [['--timeout', 'soon'], 'a duration'],
    [['--url', 'ftp://box'], 'expected a URL'],
    [['--exec'], 'expected a command'],
    [['mail', 'me'], 'a command follows --exec'],
  ])('ends with 2 for %j, and says what was expected', async (args, message) => {
    const { code, stderr } = await cli(['watch', ...args], env());
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });

  it('leaves nothing in its folder but the file of its cursor', async () => {
    await startDaemon();
    const child = watch('--json');
    await followed();
    await register('work');
    expect(await end(child, 'SIGTERM')).toBe(0);
    const [machine, ...files] = await readdir(join(folder, 'state', 'tmux-exporter'), { recursive: true });
    expect(files).toEqual([expect.stringMatching(new RegExp(`^${machine}/watch-[0-9a-f]{16}\\.json$`))]);
  });

  /** Starts a watch that has written to a full pipe, which nobody reads. */
  async function unread(more: NodeJS.ProcessEnv): Promise<ChildProcess> {
    await startDaemon();
    await register('work');
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    unreadPipe = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    expect(() => {
      for (;;) writeSync(writer, 'x'.repeat(1_024));
    }).toThrow('EAGAIN');
    const args = ['src/cli.ts', 'watch', '--since', 'all', '--json', '--exec', 'touch', join(folder, 'handled')];
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env['PATH'], ...env(), ...more },
      stdio: ['ignore', writer, 'ignore'],
    });
    closeSync(writer);
    watches.push(child);
    await eventually('it has written', () => existsSync(join(folder, 'handled')));
    return child;
  }

  /** Makes one event: that a server was registered. */
  async function register(name: string): Promise<void> {
    const response = await daemon?.change(`/api/v1/servers/${name}`, 'PUT', { socket: join(sockets, 'none', name) });
    expect(response?.status).toBe(201);
  }
});

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (isRunning(child)) {
    child.kill(signal);
    await once(child, 'exit');
  }
  return child.exitCode;
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}
