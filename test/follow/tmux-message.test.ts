import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRunCommand } from '../../src/follow/command.ts';
import { createTmuxMessage, messageText } from '../../src/follow/tmux-message.ts';
import { eventually } from '../support/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/private-folder.ts';
import { TmuxServer } from '../support/tmux-server.ts';
import { notice } from './support/samples.ts';

describe('A message in tmux', () => {
  let folder: string;
  let server: TmuxServer;
  let terminal: TmuxServer;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    server = await TmuxServer.start({ folder, name: 'work' });
    // A person's terminal is the pane of another server, in which a client of the first is attached.
    terminal = await TmuxServer.start({
      folder,
      name: 'terminal',
      command: `TMUX= exec tmux -S ${server.socket} attach`,
    });
    await eventually('the client is attached', async () => (await server.run('list-clients')) !== '');
  });

  afterAll(async () => {
    await terminal.cleanup();
    await server.cleanup();
    await removeFolder(folder);
  });

  const run = createRunCommand((leader, signal) => void process.kill(-leader, signal));

  function message(mayTalk = true, name = 'work') {
    const living = [{ name, socket: server.socket, pid: server.pid, startedAt: '', version: '3.3a' }];
    const mayTalkTo = async () => mayTalk;
    return createTmuxMessage({
      binary: 'tmux',
      path: process.env['PATH'] ?? '',
      living: async () => living,
      mayTalkTo,
      run,
    });
  }

  async function statusLine(): Promise<string> {
    return (await terminal.run('capture-pane', '-p')).trimEnd().split('\n').at(-1) ?? '';
  }

  it('is shown to the clients of another server as it is, and runs nothing', async () => {
    const file = join(folder, 'ran');
    await message()(notice({ socket: '/other', title: `-a #(touch ${file}) #{pid} #[fg=red] 100% %H ';` }));
    const shown = `-a ＃(touch ${file}) ＃{pid} ＃[fg=red] 100% %H '`;
    await eventually('the message is on the screen', async () => (await statusLine()) === shown);
    await expect(access(file)).rejects.toThrow('ENOENT');
    await terminal.run('send-keys', 'Escape');
  });

  it('is not shown on the server that it is about, nor where we may not talk to', async () => {
    const before = await statusLine();
    await message()(notice({ socket: server.socket, title: 'about itself' }));
    await message(false)(notice({ socket: '/other', title: 'of a stranger' }));
    expect(await statusLine()).toBe(before);
  });

  it('never holds what begins a format or parts commands', () => {
    fc.assert(fc.property(fc.string(), (title) => expect(messageText(title)).not.toMatch(/#|;\s*$/)));
  });
});
