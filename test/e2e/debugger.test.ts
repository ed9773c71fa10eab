import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { COMMAND_LINE, Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

/** What Node says when it opens the debugger, or finds its port taken. */
const OPENED = /Debugger listening|Starting inspector/;

describe('The debugger of Node', () => {
  let daemon: Daemon;

  beforeAll(async () => {
    daemon = await Daemon.start();
  });
  afterAll(() => daemon.cleanup());

  it('is not opened in the daemon by the signal that makes a tmux server create its socket again', async () => {
    daemon.kill('SIGUSR1');
    // A reload shows that the signal before it was taken.
    daemon.kill('SIGHUP');
    await eventually('it has read its configuration again', () =>
      Promise.resolve(
        daemon.log.some(({ msg }) => msg.startsWith('the configuration was read again') || OPENED.test(msg)),
      ),
    );
    expect(daemon.log.filter(({ msg }) => OPENED.test(msg))).toEqual([]);
  });

  it('is not opened in a follower either', async () => {
    const [node = '', ...words] = COMMAND_LINE;
    const watch = spawn(node, [...words, 'watch', `--url=${daemon.url}`], {
      env: { PATH: process.env['PATH'], XDG_STATE_HOME: daemon.sockets },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    watch.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const shown = once(watch.stdout, 'data');
    await eventually('it follows', async () => (await daemon.sample('tmux_exporter_feed_clients')) === 1);
    watch.kill('SIGUSR1');
    // An event that is shown shows that the signal before it was taken.
    const server = await TmuxServer.start({ folder: daemon.sockets, name: 'work' });
    await shown;
    await server.cleanup();
    watch.kill('SIGTERM');
    await once(watch, 'close');
    expect(said).not.toMatch(OPENED);
  });
});
