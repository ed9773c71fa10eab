import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createTmuxMessage, messageText } from '../../../src/follow/sink/tmux-message.ts';
import { createAsker } from '../../../src/tmux/asker.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { TmuxServer } from '../../support/tmux/tmux-server.ts';
import { notice } from '../support/samples.ts';

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

  const ownUid = process.getuid?.() ?? 0;

  function message(uid = ownUid) {
    const living = [{ name: 'work', socket: server.socket, pid: server.pid, startedAt: '', version: '3.3a' }];
    const ask = createAsker({ ownUid: uid, pid: process.pid, timeoutMs: 5_000 });
    return createTmuxMessage({ host: 'box', living: async () => living, ask });
  }

  async function statusLine(): Promise<string> {
    return (await terminal.run('capture-pane', '-p')).trimEnd().split('\n').at(-1) ?? '';
  }

  /** Settles when the message was on the screen, and has been ended: tmux waits after an Escape, which would end the next message, too. */
  async function shows(text: string): Promise<void> {
    await eventually('the message is on the screen', async () => (await statusLine()) === text);
    await terminal.run('send-keys', 'Escape');
    await eventually('the message is ended', async () => (await statusLine()) !== text);
  }

  it('is shown to the clients of another server as it is, and runs nothing', async () => {
    const file = join(folder, 'ran');
    await message()(notice({ socket: '/other', title: `-a #(touch ${file}) #{pid} #[fg=red] 100% %H ';` }));
    const shown = `-a ＃(touch ${file}) ＃{pid} ＃[fg=red] 100% %H '`;
    await shows(shown);
    await expect(access(file)).rejects.toThrow('ENOENT');
  });

  it('is shown on the server whose socket has the path of one on another machine', async () => {
    await message()(notice({ host: 'build7', socket: server.socket, title: 'build7: work crashed' }));
    await shows('build7: work crashed');
  });

  it('is not shown on the server that it is about, nor on that of another user', async () => {
    const before = await statusLine();
    await message()(notice({ socket: server.socket, title: 'about itself' }));
    await message(ownUid + 1)(notice({ socket: '/other', title: 'of a stranger' }));
    expect(await statusLine()).toBe(before);
  });

  it('never holds what begins a format or parts commands', () => {
    fc.assert(fc.property(fc.string(), (title) => expect(messageText(title)).not.toMatch(/#|;\s*$/)));
  });
});
