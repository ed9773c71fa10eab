import { access, link, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { encodeFrame } from '../../src/tmux/protocol/frame.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { residentBytes } from '../support/machine/process-cost.ts';
import { childrenOf } from '../support/machine/process-life.ts';
import { exitFrame, FakeProtocolServer, FULL_FRAME, outputFrame } from '../support/tmux/fake-protocol-server.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

/** MSG_SHELL, MSG_EXEC, MSG_LOCK, MSG_SUSPEND, MSG_DETACHKILL, MSG_READ_OPEN, MSG_WRITE_OPEN. */
const SHELL = 209;
const EXEC = 217;
const ORDERS = [SHELL, EXEC, 206, 214, 202, 300, 303];

/** Moves a hard link of each of two files to a path, in turn, until something holds. */
async function swapUntil(holds: () => boolean, path: string, ...files: readonly [string, string]): Promise<void> {
  let swaps = 0;
  // One swap after the other: a link that is moved onto another one of the same file stays, and ends all swaps after it.
  const swap = async () => {
    await link(files[swaps++ % 2] ?? '', `${path}.next`);
    await rename(`${path}.next`, path);
    return holds();
  };
  await eventually('what swaps are made for', swap);
}

describe('A server that is hostile to its clients', () => {
  let folder: string;
  let sockets: string;
  let proof: string;
  let daemon: Daemon;
  const fakes: FakeProtocolServer[] = [];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    sockets = join(folder, 's');
    proof = join(folder, 'proof');
    await mkdir(sockets);
    daemon = await Daemon.start({ sockets, state: folder, flags: ['--poll.timeout=500ms'] });
  });

  afterEach(async () => {
    for (const fake of fakes.splice(0)) await fake.close();
    await daemon.cleanup();
    await removeFolder(folder);
  });

  async function listen(path: string, ...frames: readonly Buffer[]): Promise<FakeProtocolServer> {
    const fake = await FakeProtocolServer.listen(path, (connection) => {
      for (const frame of frames) connection.write(frame);
    });
    fakes.push(fake);
    return fake;
  }

  it('gets no file and no process by any order', async () => {
    const touch = Buffer.from(`touch ${proof}\0/bin/sh\0`);
    const open = Buffer.concat([Buffer.from([3, 0, 0, 0, 255, 255, 255, 255, 0, 4, 0, 0]), Buffer.from(`${proof}\0`)]);
    const asked = await Promise.all(
      ORDERS.map((type) => listen(join(sockets, `order${type}`), encodeFrame(type, type >= 300 ? open : touch))),
    );
    await eventually('each is asked', () => asked.every((fake) => fake.asked > 1), 20_000);
    await ticks(daemon, 2);

    expect(childrenOf(daemon.pid)).toEqual([]);
    await expect(access(proof)).rejects.toThrow('ENOENT');
    expect(await daemon.sample('tmux_exporter_registered_servers')).toBe(ORDERS.length);
  });

  it('gets none by taking the place of a socket that was checked', async () => {
    const real = await TmuxServer.start({ folder });
    const fake = await listen(join(folder, 'fake'), encodeFrame(SHELL, Buffer.from(`touch ${proof}\0`)));
    const swapped = join(folder, 'swapped');
    await link(real.socket, swapped);
    try {
      await Promise.all([
        swapUntil(() => fake.asked > 0, swapped, join(folder, 'fake'), real.socket),
        daemon.change('/api/v1/servers/link', 'PUT', { socket: swapped }),
      ]);
    } finally {
      await real.cleanup();
    }

    expect(childrenOf(daemon.pid)).toEqual([]);
    await expect(access(proof)).rejects.toThrow('ENOENT');
  });

  it('keeps nobody else waiting, and takes no memory, by a flood', async () => {
    const before = residentBytes(daemon.pid);
    const flood = await FakeProtocolServer.listen(join(sockets, 'flood'), (connection) => {
      const pour = () => {
        while (!connection.destroyed && connection.write(FULL_FRAME));
      };
      connection.on('drain', pour);
      pour();
    });
    fakes.push(flood);
    const server = await TmuxServer.start({ folder: sockets, name: 'work' });
    await eventually('the other is up', async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1);
    await ticks(daemon, 3);
    await server.crash();
    await eventually('its death is reported', () => daemon.log.some(({ msg }) => /tmux server work crashed/.test(msg)));
    await server.cleanup();

    expect(residentBytes(daemon.pid) - before).toBeLessThan(200 * 2 ** 20);
  });

  it.each<[string, (asked: number) => string]>([
    ['another process', (asked) => `${1_000_000 + asked} 1700000000`],
    ['another start', (asked) => `1000000 ${1_700_000_000 + asked}`],
  ])('causes some polls a second at most, if it claims to be %s each time and ends its watch', async (_, claim) => {
    let asked = 0;
    const liar = await FakeProtocolServer.listen(join(sockets, 'liar'), (connection, command) => {
      const [, marker] = /(\w{12})h #\{pid\}/.exec(command.at(-1) ?? '') ?? [];
      const output = marker ? `${marker}h ${claim(++asked)} 3.5a\n` : 'exit-unattached off\n';
      connection.end(Buffer.concat([outputFrame(output), ...(marker ? [exitFrame(0)] : [])]));
    });
    fakes.push(liar);
    const server = await TmuxServer.start({ folder: sockets, name: 'work' });
    await watched(daemon, server);
    await eventually('it has used up its polls at once', () => asked >= 20);
    const before = asked;
    await delay(3_000);
    const polls = asked - before;
    await server.crash();
    await eventually('another death is reported', () => daemon.log.some(({ msg }) => /server work crashed/.test(msg)));
    await server.cleanup();

    // One a second, and one at each tick; more if this machine is slow.
    expect(polls).toBeGreaterThan(1);
    expect(polls).toBeLessThan(30);
  });

  it('is not taken for a living server by an answer without output', async () => {
    const fake = await listen(join(sockets, 'mute'), exitFrame(0));
    await eventually('it was asked', () => fake.asked > 1, 20_000);

    expect(await daemon.sample('tmux_server_up{server="mute"}')).toBe(0);
  });
});
