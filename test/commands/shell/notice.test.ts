import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SHELLS, type Shell } from '../../../src/commands/quoting.ts';
import { Daemon } from '../../support/daemon/daemon.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import {
  ended,
  isRunning,
  type ProcessLife,
  processLife,
  signal,
  statFields,
} from '../../support/machine/process-life.ts';
import { isInstalled } from '../../support/machine/program.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';
import { ShellScreen } from '../support/shell-screen.ts';

// Where the machine is busy, a poll can see a death before the watch is armed, and does not know of the crash.
const NOTICE = /^\d\d:\d\d:\d\d tmux server \w+ (crashed|is gone): 1 session, 1 pane lost \(main\); it ran for \d+ s$/;

/** A shell with its own user and one server. */
class Scene {
  readonly screen: ShellScreen;
  readonly server: TmuxServer;
  readonly #folder: string;

  private constructor(screen: ShellScreen, server: TmuxServer, folder: string) {
    this.screen = screen;
    this.server = server;
    this.#folder = folder;
  }

  static async start(shell: Shell, daemon: Daemon): Promise<Scene> {
    const folder = await makePrivateFolder();
    const server = await TmuxServer.start({ folder: daemon.sockets, name: shell });
    return new Scene(await ShellScreen.start(shell, folder, `--url ${daemon.url} --server ${shell}`), server, folder);
  }

  /** Reads a file that the follower writes for all shells; empty if there is none. */
  async kept(name: string): Promise<string> {
    return readFile(join(await this.#shellFolder(), name), 'utf8').catch(() => '');
  }

  /** How many shells are registered. */
  async registered(): Promise<number> {
    return (await readdir(join(await this.#shellFolder(), 'shells'))).length;
  }

  /** The only one in the only folder of a machine. */
  async #shellFolder(): Promise<string> {
    const state = join(this.#folder, 'state', 'tmux-exporter');
    const [machine = ''] = await readdir(state);
    const [folder = ''] = await readdir(join(state, machine));
    return join(state, machine, folder);
  }

  /** The follower that the shell started. */
  async follower(): Promise<ProcessLife> {
    return processLife(Number.parseInt(await this.kept('follower'), 10));
  }

  async removeState(): Promise<void> {
    await rm(join(this.#folder, 'state'), { recursive: true });
  }

  async cleanup(): Promise<void> {
    await this.screen.cleanup();
    await this.server.cleanup();
    await removeFolder(this.#folder);
  }
}

describe('A notice in a shell', () => {
  const shells = SHELLS.filter(isInstalled);
  const scenes = new Map<Shell, Scene>();
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await Daemon.start();
    await Promise.all(shells.map(async (shell) => scenes.set(shell, await Scene.start(shell, daemon))));
    const clients = () => daemon.sample('tmux_exporter_feed_clients');
    await eventually('all are followed', async () => (await clients()) === shells.length, 10_000);
  });

  afterAll(async () => {
    for (const scene of scenes.values()) await scene.cleanup();
    await daemon.cleanup();
  });

  function sceneOf(shell: Shell): Scene {
    const scene = scenes.get(shell);
    if (!scene) throw new Error(`${shell} was not started`);
    return scene;
  }

  function ups(shell: Shell): number {
    return daemon.log.filter(({ type, server }) => type === 'server-up' && server === shell).length;
  }

  it.each(shells)('is above the prompt of %s once, and the line that is being typed is whole', async (shell) => {
    const { screen, server } = sceneOf(shell);
    await screen.type('echo half a li');
    await screen.shows((lines) => lines.at(-1) === '$ echo half a li');
    await server.crash();
    await eventually('the notice is there', async () => (await sceneOf(shell).kept('newest')) === '1\n');
    const isAtOnce = shell === 'zsh';
    const typed = isAtOnce ? await screen.shows((lines) => NOTICE.test(lines.at(-2) ?? '')) : await screen.lines();
    expect(typed.at(-1)).toBe('$ echo half a li');
    await screen.type('ne');
    await screen.press('Enter');
    const lines = await screen.shows((all) => all.at(-1) === '$' && all.some((line) => NOTICE.test(line)));
    const notice = expect.stringMatching(NOTICE);
    const own = ['$ echo half a line', 'half a line'];
    expect(lines).toEqual(isAtOnce ? ['$ echo half a li', notice, ...own, '$'] : [...own, notice, '$']);
    await screen.press('Enter');
    expect(await screen.shows((all) => all.length > lines.length)).toEqual([...lines, '$']);
  });

  it.each(shells)('is not lost with Ctrl-C, Ctrl-\\ or Ctrl-Z in %s: they do not reach the follower', async (shell) => {
    const scene = sceneOf(shell);
    const follower = await scene.follower();
    const groupOf = (life: ProcessLife | undefined) => statFields(life?.pid ?? 0)?.[2];
    expect(groupOf(follower)).not.toBe(groupOf((await scene.screen.lives())[0]));
    for (const name of ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const) signal(follower, name);
    await setTimeout(500);
    expect(statFields(follower.pid)?.[0]).not.toBe('T');
    expect(isRunning(follower)).toBe(true);
  });

  it.each(shells)('comes late if the follower of %s was killed: the shell starts another one', async (shell) => {
    const scene = sceneOf(shell);
    const { screen, server } = scene;
    const killed = await scene.follower();
    kill(killed);
    await ended(killed);
    const known = ups(shell);
    await server.restart();
    await eventually('the exporter knows the server', () => ups(shell) > known);
    await server.crash();
    // Minutes go by: a shell that has just started a follower waits for it.
    if (shell !== 'fish') await screen.type('SECONDS=999');
    await screen.press('Enter');
    await eventually('the notice is there', async () => (await scene.kept('newest')) === '2\n');
    await screen.press('Enter');
    await screen.shows((lines) => lines.join('').split(`tmux server ${shell} `).length === 3);
    expect(await scene.follower()).not.toEqual(killed);
  });

  (shells.includes('zsh') ? it : it.skip)('is drawn at once by a zsh whose state folder was removed', async () => {
    const scene = sceneOf('zsh');
    const { screen, server } = scene;
    const former = await scene.follower();
    await scene.removeState();
    await ended(former);
    await screen.enter('SECONDS=9999');
    const clients = () => daemon.sample('tmux_exporter_feed_clients');
    await eventually('a follower follows', async () => (await scene.kept('follower')) !== '');
    await eventually('all are followed', async () => (await clients()) === shells.length);
    const known = ups('zsh');
    await server.restart();
    await eventually('the exporter knows the server', () => ups('zsh') === known + 1);
    await screen.type('half a li');
    await screen.shows((lines) => lines.at(-1) === '$ half a li');
    await server.crash();
    await screen.shows((lines) => NOTICE.test(lines.at(-2) ?? '') && lines.at(-1) === '$ half a li');
  });

  it('is brought by one follower for all shells of a user, which ends with the last of them, killed as they are', async () => {
    const followers = await Promise.all([...scenes.values()].map((scene) => scene.follower()));
    const bash = sceneOf('bash');
    const shared = await bash.follower();
    await bash.screen.startAnother();
    await eventually('both are registered', async () => (await bash.registered()) === 2);
    for (const { screen } of scenes.values()) kill((await screen.lives())[0]);
    await eventually('one is struck off', async () => (await bash.registered()) === 1);
    expect(await bash.follower()).toEqual(shared);
    expect(isRunning(shared)).toBe(true);
    kill((await bash.screen.lives())[0]);
    for (const life of followers) await ended(life);
  });
});

function kill(life: ProcessLife | undefined): void {
  if (!life) throw new Error('there is no shell to kill');
  signal(life, 'SIGKILL');
}
