import { describe, expect, it } from '@jest/globals';
import { Daemon } from '../support/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { ticks } from '../support/ticks.ts';
import { endFleet, startFleet } from '../support/tmux-fleet.ts';
import type { TmuxServer } from '../support/tmux-server.ts';
import { watched } from '../support/watched.ts';

const SERVERS = 5;

/** Everything of a server that a person could notice, as tmux itself tells it. */
const QUESTIONS = [
  ['list-clients'],
  [
    'list-sessions',
    '-F',
    '#{session_id} #{session_name} #{session_attached} #{session_last_attached} #{session_windows}',
  ],
  ['list-windows', '-a', '-F', '#{window_id} #{window_width}x#{window_height} #{window_layout} #{window_flags}'],
  ['list-panes', '-a', '-F', '#{pane_id} #{pane_width}x#{pane_height} #{pane_pid} #{pane_in_mode} #{pane_dead}'],
  ['show-options', '-s'],
  ['show-options', '-g'],
  ['show-options', '-gw'],
  ['show-hooks', '-g'],
  ['show-environment', '-g'],
  ['list-buffers'],
  ['list-keys', '-T', 'prefix'],
];

describe('A server that is polled and watched', () => {
  it('is as it would be without us', async () => {
    const folder = await makePrivateFolder();
    const servers = await startFleet(folder, SERVERS, ['one', 'two']);
    try {
      const before = await Promise.all(servers.map(stateOf));
      const daemon = await Daemon.start({ sockets: folder, flags: ['--watch.sessions'] });
      await watched();
      await ticks(daemon, 3);
      expect(await Promise.all(servers.map(stateOf))).toEqual(before);
      await daemon.stop();
      expect(await Promise.all(servers.map(stateOf))).toEqual(before);
    } finally {
      await endFleet(servers);
      await removeFolder(folder);
    }
  }, 60_000);
});

async function stateOf(server: TmuxServer): Promise<string[]> {
  return Promise.all(QUESTIONS.map((question) => server.run(...question)));
}
