import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ownServers } from '../../src/commands/watch/own-servers.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { exitFrame, FakeProtocolServer, outputFrame } from '../support/tmux/fake-protocol-server.ts';
import { makeStaleSocket } from '../support/tmux/stale-socket.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

const uid = process.getuid?.() ?? 0;

describe('The own servers', () => {
  let folder: string;
  let sockets: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
    sockets = join(folder, `tmux-${uid}`);
    await mkdir(sockets, { mode: 0o700 });
  });

  afterEach(() => removeFolder(folder));

  it('are those in the socket directory of the user that answer', async () => {
    const server = await TmuxServer.start({ folder: sockets, name: 'work' });
    try {
      await makeStaleSocket(join(sockets, 'dead'));
      const pid = Number(await server.run('display-message', '-p', '#{pid}'));
      const found = await ownServers(folder, uid, process.pid);
      expect(found).toMatchObject([
        { name: 'work', socket: server.socket, pid, version: expect.stringMatching(/^\d/) },
      ]);
      expect(found[0]?.startedAt).toMatch(/^\d{4}-\d\d-\d\dT/);
    } finally {
      await server.cleanup();
    }
  });

  it.each(['253402300800', '9'.repeat(20)])('are none that claim to have started at %s', async (startTime) => {
    const fake = await FakeProtocolServer.listen(join(sockets, 'fake'), (connection) =>
      connection.write(Buffer.concat([outputFrame(`10 ${startTime} 3.5a\n`), exitFrame(0)])),
    );
    try {
      expect(await ownServers(folder, uid, process.pid)).toEqual([]);
      expect(fake.asked).toBe(1);
    } finally {
      await fake.close();
    }
  });

  it('are none without the directory', async () => {
    expect(await ownServers(folder, uid + 1, process.pid)).toEqual([]);
  });
});
