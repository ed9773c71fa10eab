import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { emptyOut, portraitOf } from '../support/tmux/portrait.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { endFleet, startFleet } from '../support/tmux/tmux-fleet.ts';
import type { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

const SERVERS = 20;

describe.each([
  ['with its death watches', []],
  ['without a look at its child processes', ['--no-watch.sessions']],
])('A server that is polled and watched, %s,', (_, flags) => {
  let folder: string;
  let servers: TmuxServer[];
  let daemon: Daemon | null = null;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    servers = await startFleet(folder, SERVERS, ['one', 'two']);
  });

  afterEach(async () => {
    await daemon?.stop();
    daemon = null;
    await endFleet(servers);
    await removeFolder(folder);
  });

  async function watchAll(): Promise<Daemon> {
    const started = await Daemon.start({ sockets: folder, flags });
    daemon = started;
    await watched(started, ...servers);
    return started;
  }

  it('looks the same to its people before, during and after', async () => {
    await Promise.all(servers.map((server, index) => furnish(server, index)));
    const before = await Promise.all(servers.map(portraitOf));
    expect(new Set(before).size).toBe(SERVERS);

    const watcher = await watchAll();
    expect(await Promise.all(servers.map(portraitOf))).toEqual(before);

    await ticks(watcher, 1);
    await watcher.stop();
    expect(await Promise.all(servers.map(portraitOf))).toEqual(before);
  });

  it('ends as soon as its last session is closed', async () => {
    await watchAll();
    const times: number[] = [];
    for (const server of servers) times.push(await emptyOut(server));

    expect(Math.max(...times)).toBeLessThan(1_000);
  });

  /** Makes every server one of its own, and some of them attached. */
  async function furnish(server: TmuxServer, index: number): Promise<void> {
    const commands = [
      ['set-option', '-g', '@owner', `person ${index}`],
      ['set-option', '-g', 'status', index % 2 ? 'on' : 'off'],
      ['set-window-option', '-g', 'monitor-activity', index % 3 ? 'on' : 'off'],
      ['set-hook', '-g', 'client-attached', `display-message "hello ${index}"`],
      ['set-environment', '-g', 'WHO', `${index}`],
      ['split-window', '-d', '-t', 'one', 'exec cat'],
    ];
    for (const command of commands) await server.run(...command);
    if (index % 4 === 0) await server.attachControl('two');
  }
});
