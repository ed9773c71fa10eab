import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cli, Daemon, runCli } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { literal, TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

/** A format that runs a command. */
const ORDER = '#(proof)';
/** The same with marks that a terminal obeys, and with what shells take for an order. */
const NAME = `${ORDER}\u202e$(proof)\`proof\`#{pid};'"\\`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe('A server whose every name is an order', () => {
  let folder: string;
  let daemon: Daemon;
  let server: TmuxServer;
  let neighbour: TmuxServer;
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    const sockets = join(folder, 's');
    const odd = join(folder, ORDER);
    await mkdir(sockets);
    await mkdir(odd);
    await writeFile(join(folder, 'proof'), `#!/bin/sh\necho >>'${join(folder, 'carried-out')}'\n`, { mode: 0o700 });
    env = { PATH: `${folder}:${process.env['PATH']}`, XDG_STATE_HOME: folder };
    await copyFile('/bin/sleep', join(odd, ORDER));
    server = await TmuxServer.start({ folder: sockets, name: ORDER, sessions: ['main'], command: 'exec cat' });
    neighbour = await TmuxServer.start({ folder: sockets, name: 'neighbour' });
    for (const each of [server, neighbour]) await each.run('set-environment', '-g', 'PATH', env['PATH'] ?? '');
    await server.run('rename-session', '-t', 'main', literal(NAME));
    await server.run('rename-window', '-t', '@0', literal(NAME));
    await server.run('select-pane', '-t', '%0', '-T', literal(NAME));
    await server.run('new-session', '-d', '-t', '$0', '-s', literal(`group ${ORDER}`));
    await server.run('new-window', '-d', '-t', '$0', '-c', literal(odd), `exec './${ORDER}' 600`);
    const flags = ['window', 'pane', 'client', 'pane-process'].map((name) => `--collector.${name}`);
    daemon = await Daemon.start({ sockets, state: folder, flags, env });
    await watched(daemon, server, neighbour);
    await neighbour.attachTerminal('main');
    await server.attachTerminal('$0');
  });

  afterAll(async () => {
    await daemon.cleanup();
    await neighbour.cleanup();
    await server.cleanup();
    await removeFolder(folder);
  });

  function isCarriedOut(): boolean {
    return existsSync(join(folder, 'carried-out'));
  }

  it('has its names shown, and none of them obeyed by any tmux server, shell or terminal', async () => {
    const watch = runCli(['watch', '--tmux', `--url=${daemon.url}`], env);
    let shown = '';
    for (const stream of [watch.stdout, watch.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
      });
    await eventually('it follows', async () => (await daemon.sample('tmux_exporter_feed_clients')) === 1);
    await ticks(daemon, 2);
    const metrics = await daemon.metrics();
    expect(metrics.split('\n').filter((line) => line.includes(ORDER)).length).toBeGreaterThan(6);
    const outputs = await Promise.all([
      cli(['servers', `--url=${daemon.url}`], env),
      cli(['check', `--tmux.socket-directory=${daemon.sockets}`, '--no-tmux.discover-processes'], env),
    ]);

    await server.crash();
    await eventually('the death is shown', () => shown.includes('crashed'));
    const screen = () => neighbour.run('show-messages');
    await eventually('the death is shown in tmux', async () => (await screen()).includes('crashed'));
    watch.kill('SIGTERM');
    await daemon.stop();

    expect(shown).toContain(ORDER);
    expect(
      [shown, ...outputs.flatMap(({ stdout, stderr }) => [stdout, stderr])].filter((text) => OBEYED.test(text)),
    ).toEqual([]);
    expect(daemon.log.map(({ msg }) => msg).filter((text) => OBEYED.test(text))).toEqual([]);
    expect(isCarriedOut()).toBe(false);
  });

  it('would be obeyed by a server that takes such a name for a format', async () => {
    // In a status line: the job of a client is killed when the client leaves.
    await neighbour.run('set-option', '-g', 'status-right', ORDER);
    await eventually('the order is carried out', () => Promise.resolve(isCarriedOut()));
  });
});
