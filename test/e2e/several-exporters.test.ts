import type { ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ShellScreen } from '../commands/support/shell-screen.ts';
import { cli, Daemon, runCli } from '../support/daemon/daemon.ts';
import { onMachine } from '../support/daemon/other-machine.ts';
import { endChild, writtenBy } from '../support/machine/child.ts';
import { eventually } from '../support/machine/eventually.ts';
import { freePort } from '../support/machine/free-port.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

/** Another name for a machine takes namespaces, and those take root. */
const isRoot = process.getuid?.() === 0;
const HOSTS = ['build7', 'build8', 'build9'];

/** An exporter on a machine of its own, at an address that it keeps. */
interface Machine {
  readonly host: string;
  readonly sockets: string;
  readonly url: string;
  daemon: Daemon;
}

describe('Several exporters', () => {
  let folder: string;
  const machines: Machine[] = [];
  const servers: TmuxServer[] = [];
  const watches: ChildProcess[] = [];
  const screens: ShellScreen[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    for (const screen of screens.splice(0)) await screen.cleanup();
    for (const watch of watches.splice(0)) await endChild(watch);
    for (const { daemon } of machines.splice(0)) await daemon.stop();
    for (const server of servers.splice(0)) await server.cleanup();
    await removeFolder(folder);
  });

  function startDaemon(host: string, sockets: string, url: string): Promise<Daemon> {
    const flags = [`--web.listen-address=${url.replace('http://', '')}`];
    return Daemon.start({ sockets, flags, ...(isRoot && { run: onMachine(host, folder) }) });
  }

  async function startMachine(host: string): Promise<Machine> {
    const sockets = join(folder, host);
    await mkdir(sockets, { mode: 0o700 });
    const url = `http://127.0.0.1:${await freePort()}`;
    const machine = { host: isRoot ? host : hostname(), sockets, url, daemon: await startDaemon(host, sockets, url) };
    machines.push(machine);
    return machine;
  }

  async function restart(machine: Machine): Promise<void> {
    await machine.daemon.stop('SIGKILL');
    machine.daemon = await startDaemon(machine.host, machine.sockets, machine.url);
  }

  async function startServer({ sockets }: Machine, name: string): Promise<TmuxServer> {
    const server = await TmuxServer.start({ folder: sockets, name });
    servers.push(server);
    return server;
  }

  const env = () => ({ XDG_STATE_HOME: join(folder, 'state') });

  function watch(...args: string[]) {
    const child = runCli(['watch', ...args], env());
    watches.push(child);
    return { stdout: writtenBy(child, 'stdout'), stderr: writtenBy(child, 'stderr') };
  }

  async function followed({ daemon }: Machine): Promise<void> {
    // One that was not reached several times waits up to half a minute before it tries again.
    await eventually('it is followed', async () => (await daemon.sample('tmux_exporter_feed_clients')) === 1, 50_000);
  }

  /** Which server of which machine each line of JSON is about. */
  function subjectsOf(text: string): string[] {
    const lines = text.split('\n').slice(0, -1);
    const events = lines.map((line) => JSON.parse(line) as { host: string; server: { name: string } });
    return events.map(({ host, server }) => `${host} ${server.name}`).sort();
  }

  it('are followed side by side: each death once, though one exporter is dead and another is killed in the middle', async () => {
    const three = await Promise.all(HOSTS.map(startMachine));
    const [first, second, third] = three as [Machine, Machine, Machine];
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const work = await Promise.all(three.map((machine) => startServer(machine, 'work')));
    const play = await startServer(second, 'play');
    const urls = [...three.map(({ url }) => url), nobody].map((url) => `--url=${url}`);
    const { stdout, stderr } = watch('--json', '--type=server-gone', ...urls);
    for (const machine of three) await followed(machine);
    await watched(first.daemon, work[0] as TmuxServer);
    await watched(second.daemon, work[1] as TmuxServer, play);
    await watched(third.daemon, work[2] as TmuxServer);
    await work[0]?.crash();
    await eventually('the first is reported', () => subjectsOf(stdout()).length === 1);
    await second.daemon.stop('SIGKILL');
    await work[1]?.crash();
    await work[2]?.crash();
    await eventually('the others go on', () => subjectsOf(stdout()).length === 2);
    await restart(second);
    await eventually('the lost one is reported', () => subjectsOf(stdout()).length === 3, 50_000);
    await watched(second.daemon, play);
    await play.crash();
    await eventually('the last is reported', () => subjectsOf(stdout()).length === 4);
    const expected = [`${first.host} work`, `${second.host} work`, `${third.host} work`, `${second.host} play`];
    expect(subjectsOf(stdout())).toEqual(expected.sort());
    const complaints = stderr()
      .split('\n')
      .filter((line) => line.includes('cannot be followed'));
    expect(complaints.filter((line) => line.includes(nobody))).toHaveLength(1);
    expect(complaints.filter((line) => line.includes(second.url))).toHaveLength(1);
    expect(complaints).toHaveLength(2);
  }, 180_000);

  it('are named in each notice, and the machine first', async () => {
    const [first, second] = [await startMachine('build7'), await startMachine('build8')];
    const [work, play] = [await startServer(first, 'work'), await startServer(second, 'play')];
    const { stdout } = watch('--type=server-gone', `--url=${first.url},${second.url}`);
    for (const machine of [first, second]) await followed(machine);
    await watched(first.daemon, work);
    await watched(second.daemon, play);
    await work.crash();
    await play.crash();
    const title = ({ host }: Machine, name: string) => `critical ${host}: tmux server ${name} `;
    const titles = [title(first, 'work'), title(second, 'play')];
    await eventually('both are reported', () => titles.every((part) => stdout().includes(part)));
  }, 60_000);

  it('are one, if they are two addresses of one: each event comes once, also over a restart', async () => {
    const machine = await startMachine('build7');
    const other = machine.url.replace('127.0.0.1', 'localhost');
    const names = ['a', 'b', 'c'];
    const [a, b, c] = await Promise.all(names.map((name) => startServer(machine, name)));
    const { stdout } = watch('--json', '--type=server-gone', `--url=${machine.url}`, `--url=${other}`);
    const all = [a, b, c] as TmuxServer[];
    await followed(machine);
    await watched(machine.daemon, ...all);
    await a?.crash();
    await eventually('it is reported', () => subjectsOf(stdout()).length === 1);
    await machine.daemon.stop('SIGKILL');
    await b?.crash();
    await restart(machine);
    await eventually('the lost one is reported', () => subjectsOf(stdout()).length === 2, 50_000);
    await followed(machine);
    await watched(machine.daemon, c as TmuxServer);
    await c?.crash();
    await eventually('the last is reported', () => subjectsOf(stdout()).length === 3);
    expect(subjectsOf(stdout())).toEqual(names.map((name) => `${machine.host} ${name}`));
  }, 120_000);

  it('end a watch for one event together, and lose none of the others', async () => {
    const [first, second] = [await startMachine('build7'), await startMachine('build8')];
    for (const [machine, name] of [
      [first, 'a'],
      [second, 'b'],
    ] as const) {
      const socket = join(machine.sockets, 'none');
      await machine.daemon.change(`/api/v1/servers/${name}`, 'PUT', { socket });
    }
    const next = async (...args: string[]) => {
      const urls = [first, second].map(({ url }) => `--url=${url}`);
      return subjectsOf((await cli(['watch', '--once', '--json', ...urls, ...args], env())).stdout);
    };
    const found = [await next('--since=all'), await next()];
    expect(found.flat().sort()).toEqual([`${first.host} a`, `${second.host} b`]);
  }, 60_000);

  it('bring their notices to a shell', async () => {
    const [first, second] = [await startMachine('build7'), await startMachine('build8')];
    const server = await startServer(second, 'work');
    screens.push(await ShellScreen.start('bash', folder, `--url ${first.url} --url ${second.url}`));
    for (const machine of [first, second]) await followed(machine);
    await watched(second.daemon, server);
    await server.crash();
    const [screen] = screens;
    await eventually('the notice is there', async () => {
      await screen?.press('Enter');
      return (await screen?.lines())?.some((line) => line.includes(`${second.host}: tmux server work `)) ?? false;
    });
  }, 60_000);
});
