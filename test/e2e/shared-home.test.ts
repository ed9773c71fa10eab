import { once } from 'node:events';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TmuxEvent } from '../../src/core/event/event.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { onMachine } from '../support/daemon/other-machine.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

/** Another name for the machine takes namespaces, and those take root. */
const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip;

describeAsRoot('A home that two machines share', () => {
  let home: string;
  let server: TmuxServer;
  const daemons: Daemon[] = [];

  beforeEach(async () => {
    home = await makePrivateFolder();
    for (const host of ['one', 'two']) await mkdir(join(home, host), { mode: 0o700 });
    server = await TmuxServer.start({ folder: join(home, 'one'), name: 'work' });
  });

  afterEach(async () => {
    for (const daemon of daemons.splice(0)) await daemon.stop();
    await server.cleanup();
    await removeFolder(home);
  });

  /** Starts a daemon on a machine, whose sockets lie in a folder of its own, and waits for its first tick. */
  async function start(host: string, boot?: string, flags: readonly string[] = []): Promise<Daemon> {
    const daemon = await Daemon.start({
      sockets: join(home, host),
      state: null,
      env: { XDG_STATE_HOME: home },
      flags,
      run: onMachine(host, home, boot),
    });
    daemons.push(daemon);
    return daemon;
  }

  async function events({ url }: Daemon): Promise<TmuxEvent[]> {
    const response = await fetch(`${url}/api/v1/events`);
    return ((await response.json()) as { events: TmuxEvent[] }).events;
  }

  async function told(daemon: Daemon): Promise<string[]> {
    await ticks(daemon, 1);
    return (await events(daemon)).map(({ type, host, server: about }) => [host, type, about?.name].join(' ').trim());
  }

  async function startAndKill(host: string, flags: readonly string[] = []): Promise<void> {
    const daemon = await start(host, undefined, flags);
    await watched(daemon, server);
    await daemon.stop('SIGKILL');
  }

  const UP = ['one server-registered work', 'one server-up work'];

  it('has a daemon on each at the same time, and neither concludes from what the other kept', async () => {
    const one = await start('one');
    await watched(one, server);
    const two = await start('two');
    expect([await told(one), await told(two)]).toEqual([UP, []]);
    for (const daemon of [one, two]) await daemon.stop('SIGKILL');
    expect(await told(await start('two'))).toEqual([]);
    expect(await told(await start('one'))).toEqual(UP);
  });

  it('has a reboot reported by the machine that was rebooted, after the other one ran', async () => {
    await startAndKill('one');
    await (await start('two')).stop();
    await server.crash();
    const again = await start('one', 'second');
    expect(await told(again)).toEqual([...UP, 'one host-rebooted', 'one server-gone work']);
    expect(await told(await start('two', 'second'))).toEqual([]);
  });

  it('has its former store taken over by the machine that wrote it alone, once', async () => {
    await startAndKill('one');
    const [folder = ''] = (await readdir(join(home, 'tmux-exporter'))).filter((name) => name.startsWith('one-'));
    const shared = join(home, 'tmux-exporter', 'journal.db');
    for (const suffix of ['', '-wal', '.complete'])
      await rename(join(home, 'tmux-exporter', folder, `journal.db${suffix}`), `${shared}${suffix}`);
    const database = new DatabaseSync(shared);
    database.exec("DELETE FROM meta WHERE key IN ('host', 'machine_id')");
    database.close();

    expect(await told(await start('two'))).toEqual([]);
    await server.crash();
    const one = await start('one');
    expect(one.log.map(({ msg }) => msg)).toContain(`the store was moved here from ${shared}`);
    const expected = [...UP, 'one server-gone work'];
    expect(await told(one)).toEqual(expected);
    await one.stop('SIGKILL');
    expect(await told(await start('one'))).toEqual(expected);
  });

  it('has a cursor of each watch per machine', async () => {
    const one = await start('one');
    await watched(one, server);
    for (const host of ['one', 'two']) {
      const run = onMachine(host, home);
      const watch = run(['watch', '--url', one.url, '--since=all', '--once'], { XDG_STATE_HOME: home });
      await once(watch, 'close');
    }
    const files = await readdir(join(home, 'tmux-exporter'), { recursive: true });
    const cursors = files.filter((path) => path.endsWith('.json')).map((path) => path.replace(/-[^/]*/g, ''));
    expect(cursors.sort()).toEqual(['one/watch', 'two/watch']);
  });

  it('has one store that a person named: the other machine is refused, and nothing in it is touched', async () => {
    const flags = [`--storage.path=${join(home, 'named.db')}`];
    await startAndKill('one', flags);
    await expect(start('two', undefined, flags)).rejects.toThrow(
      'was written by the tmux-exporter of another machine (one): give each machine its own --storage.path',
    );
    expect(await told(await start('one', undefined, flags))).toEqual(UP);
  });
});
