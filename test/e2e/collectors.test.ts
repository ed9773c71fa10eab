import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cli, Daemon, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { endFleet } from '../support/tmux/tmux-fleet.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

/** Names of the servers that an exposition shows. */
function serversIn(exposition: string): string[] {
  return [...exposition.matchAll(/^tmux_server_up\{server="([^"]*)"\} 1$/gm)].map(([, name = '']) => name);
}

describe('The configuration of what is collected', () => {
  let folder: string;
  const servers: TmuxServer[] = [];

  beforeAll(async () => {
    folder = await makePrivateFolder();
    for (const name of ['work', 'work-ci', 'play']) {
      servers.push(await TmuxServer.start({ folder, name, sessions: ['main', 'secret'] }));
    }
  });

  afterAll(async () => {
    await endFleet(servers);
    await removeFolder(folder);
  });

  async function once(...flags: string[]): Promise<string> {
    const { code, stdout, stderr } = await cli(['once', ...daemonFlags(folder), ...flags]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }

  it.each([
    ['all of them', [], ['play', 'work', 'work-ci']],
    ['those that are included', ['--tmux.server-include=work*'], ['work', 'work-ci']],
    ['none that is excluded', ['--tmux.server-include=work*', '--tmux.server-exclude=*-ci'], ['work']],
    ['the named ones, excluded or not', ['--tmux.server-exclude=*', '--tmux.server=play'], ['play']],
  ])('discovers %s', async (_, flags, names) => {
    expect(serversIn(await once(...flags))).toEqual(names);
  });

  it('shows windows, panes and clients where their collectors are on, and hides what is excluded', async () => {
    await servers[0]?.attachControl('main');
    const text = await once(
      '--tmux.server-include=work',
      ...['--collector.window', '--collector.pane', '--collector.client', '--no-collector.session'],
      '--collector.session-exclude=secret',
    );
    expect(text).toMatch(/^tmux_window_active_clients\{server="work",window_id="@0"\} 1$/m);
    expect(text).toMatch(
      /^tmux_pane_info\{server="work",pane_id="%0",window_id="@0",session="main",.*path="\/.+\} 1$/m,
    );
    expect(text).toMatch(/^tmux_client_info\{server="work",client="client-\d+",session="main",kind="control",.*\} 1$/m);
    expect(text).toContain('tmux_server_sessions{server="work"} 2\n');
    expect(text).not.toMatch(/^tmux_session_(?!process)|secret|@1|%1/m);
  });

  it('is taken up by a reload: a server that is excluded from then on is forgotten', async () => {
    const file = join(folder, 'config.yaml');
    await writeFile(file, 'tmux:\n  server_exclude: [play]\n');
    const daemon = await Daemon.start({ sockets: folder, flags: [`--config.file=${file}`] });
    const shown = async () => serversIn(await daemon.metrics()).join(' ');
    try {
      expect(await shown()).toBe('work work-ci');
      await writeFile(file, 'tmux:\n  server_exclude: [work]\n');
      daemon.kill('SIGHUP');
      await eventually('another choice of servers', async () => (await shown()) === 'play work-ci', 15_000);
      expect(await daemon.metrics()).not.toContain('server="work"');
    } finally {
      await daemon.stop();
    }
  });
});
