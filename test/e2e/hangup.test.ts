import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { COMMAND_LINE, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { FeedReader } from '../support/world/feed-reader.ts';

describe('A daemon that was started in a pane of a server that it watches', () => {
  const cleanups: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  it('reports the end of that server as what it is, and ends with its terminal', async () => {
    const { server, url, feed } = await startInside();
    await server.run('kill-server');

    const gone = await feed.next(({ type }) => type === 'server-gone');
    expect(gone).toMatchObject({ reason: 'exited', cause: 'shut_down', severity: 'warning' });
    await eventually('it has ended', () => isDown(url));
  });

  it('ends if its pane is closed, and reads its configuration again on a SIGHUP of a person', async () => {
    const { server, url } = await startInside();
    const pane = Number(await server.run('display-message', '-p', '-t', 'main', '#{pane_pid}'));
    const reloadedAt = () => timeOfReload(url);
    const before = await reloadedAt();
    process.kill(pane, 'SIGHUP');
    await eventually('it has read it again', async () => (await reloadedAt()) > before);

    await server.run('new-session', '-d', '-s', 'other', 'exec cat', ';', 'kill-session', '-t', 'main');
    await eventually('it has ended', () => isDown(url));
  });

  it.each([
    ['from a shell', 'bash', 'nohup "$@" >/dev/null & echo $! > "$0"; wait'],
    ['by env', 'bash', inForeground('env FOO=1 nohup')],
    ['from a script of sh', 'sh', inForeground('nohup')],
  ])('outlives its terminal if nohup started it, %s', async (_, shell, script) => {
    const { server, url, feed, end } = await startInside(`${shell} -c '${script}'`);
    await server.run('kill-server');
    await feed.next(({ type }) => type === 'server-gone');
    await delay(1_500);
    expect(await isDown(url)).toBe(false);
    await end('SIGTERM');
  });

  it('reads its configuration again on a SIGHUP long after its terminal was closed', async () => {
    const script = '"$@" >/dev/null & echo $! > "$0"; disown; exec sleep 1000';
    const { server, url, feed, kill, end } = await startInside(`bash -mc '${script}'`);
    await server.run('kill-server');
    await feed.next(({ type }) => type === 'server-gone');
    await delay(3_000);
    const before = await timeOfReload(url);
    await kill('SIGHUP');
    await eventually('it has read it again', async () => (await timeOfReload(url)) > before);
    await end('SIGTERM');
  });

  /** `runner` is a command that gets a file for the pid, and the words of the command line of the daemon. */
  async function startInside(runner = '') {
    const folder = await makePrivateFolder();
    cleanups.push(() => removeFolder(folder));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const words = [...COMMAND_LINE, 'serve', ...daemonFlags(folder), `--web.listen-address=127.0.0.1:${port}`];
    const line = words.map((word) => `'${word}'`).join(' ');
    const command = `XDG_CACHE_HOME='${tmpdir()}' exec ${runner && `${runner} '${join(folder, 'pid')}'`} ${line}`;
    const server = await TmuxServer.start({ folder, name: 'work', command });
    cleanups.push(() => server.cleanup());
    await eventually(
      'it watches its own server',
      async () => /^tmux_exporter_watches 1$/m.test(await metricsOf(url)),
      30_000,
    );
    const feed = await FeedReader.open(url);
    cleanups.push(async () => feed.close());
    const kill = async (signal: NodeJS.Signals) =>
      process.kill(Number(await readFile(join(folder, 'pid'), 'utf8')), signal);
    const end = async (signal: NodeJS.Signals) => {
      await kill(signal);
      await eventually('it has ended', () => isDown(url));
    };
    if (runner !== '') cleanups.push(() => end('SIGKILL').catch(() => {}));
    return { server, url, feed, kill, end };
  }
});

/** A script that waits for a command, and so keeps its terminal open. */
function inForeground(runner: string): string {
  return `sh -c "echo \\$\\$ > \\"\\$0\\"; exec ${runner} \\"\\$@\\" >/dev/null" "$0" "$@"; :`;
}

async function metricsOf(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`).catch(() => null);
  return (await response?.text()) ?? '';
}

async function timeOfReload(url: string): Promise<number> {
  const [, time] = /^tmux_exporter_config_last_reload\S*timestamp_seconds (\S+)$/m.exec(await metricsOf(url)) ?? [];
  return Number(time);
}

async function isDown(url: string): Promise<boolean> {
  return fetch(url).then(
    () => false,
    () => true,
  );
}
