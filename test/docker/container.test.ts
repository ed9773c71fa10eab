import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { TmuxEvent } from '../../src/core/event/event.ts';
import { type ContainerOptions, canContain, containedCli } from '../support/daemon/container.ts';
import { Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { ticks } from '../support/tmux/ticks.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

/** Nobody has an account with it. */
const OWNER = 54_321;
const STRANGER = 54_322;

const folder = await makePrivateFolder();
await chmod(folder, 0o711);

function container(uid: number, sharesPids: boolean): ContainerOptions {
  return { uid, sharesPids, sockets: join(folder, 's'), state: join(folder, 'state'), root: join(folder, 'root') };
}

for (const name of ['s', 'state', 'root']) await mkdir(join(folder, name));
await chmod(join(folder, 'state'), 0o1777);
const describeInContainer = canContain(container(OWNER, false)) ? describe : describe.skip;

afterAll(() => removeFolder(folder));

describeInContainer('The exporter in a container (needs root, unshare, and a checkout that others may read)', () => {
  let binary = '';
  let server: TmuxServer;
  let daemon: Daemon;

  beforeAll(async () => {
    const wrapper = join(folder, 'tmux-of-owner');
    await writeFile(wrapper, `#!/bin/sh\nexec setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups tmux "$@"\n`);
    await chmod(wrapper, 0o755);
    await chown(join(folder, 's'), OWNER, OWNER);
    await chmod(join(folder, 's'), 0o700);
    binary = wrapper;
  });

  beforeEach(async () => {
    await removeFolder(join(folder, 'state', 'state'));
    server = await TmuxServer.start({ folder: join(folder, 's'), name: 'work', binary });
  });

  afterEach(async () => {
    await daemon.cleanup();
    await server.cleanup();
  });

  function start(options: ContainerOptions, flags: readonly string[] = []): Promise<Daemon> {
    return Daemon.start({ sockets: options.sockets, state: options.state, flags, run: containedCli(options) });
  }

  async function told(type: string): Promise<TmuxEvent | undefined> {
    const response = await fetch(`${daemon.url}/api/v1/events`);
    const { events } = (await response.json()) as { events: TmuxEvent[] };
    return events.find((event) => event.type === type);
  }

  it('reports no death when it begins or ends to share the processes of the host', async () => {
    const ghost = await TmuxServer.start({ folder: join(folder, 's'), name: 'ghost', binary });
    daemon = await start(container(OWNER, true));
    await ghost.removeSocket();
    await eventually('the ghost', async () => (await told('server-unreachable')) !== undefined);

    for (const sharesPids of [false, true]) {
      await daemon.stop();
      daemon = await start(container(OWNER, sharesPids));
      await ticks(daemon, 2);
      expect(await daemon.sample('tmux_server_up{server="work"}')).toBe(1);
    }

    expect(await told('server-gone')).toBeUndefined();
    expect(await told('server-unregistered')).toMatchObject({ server: { name: 'ghost' } });
    await ghost.cleanup();
  }, 60_000);

  it.each([
    { sharesPids: false, pidAlive: null, title: 'without the processes of the host' },
    { sharesPids: true, pidAlive: false, title: 'with pid: host' },
  ])(
    'sees a death and the return through the folder mounted read-only, $title',
    async ({ sharesPids, pidAlive }) => {
      daemon = await start(container(OWNER, sharesPids));
      expect(await daemon.sample('tmux_server_sessions{server="work"}')).toBe(1);
      await watched(daemon, server);
      await server.crash();
      await eventually('the death is told', async () => (await told('server-gone')) !== undefined);
      expect(await told('server-gone')).toMatchObject({
        reason: 'crashed',
        evidence: { connect: 'refused', pid_alive: pidAlive },
      });
      await server.restart();
      await eventually('it is up again', async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1);
      expect(await daemon.stop('SIGTERM')).toBe(0);
    },
    90_000,
  );

  it.each([
    { uid: STRANGER, who: 'another user' },
    { uid: 0, who: 'root without capabilities' },
  ])(
    'says as $who that it may not, and calls nothing dead',
    async ({ uid }) => {
      daemon = await start(container(uid, false), [`--tmux.server=named=${server.socket}`]);
      const refusals = 'tmux_server_poll_failures_total{server="named",reason="permission"}';
      await eventually('it was refused three times', async () => ((await daemon.sample(refusals)) ?? 0) >= 3);
      expect(await daemon.sample('tmux_server_state{server="named",state="unreachable"}')).toBe(1);
      expect(await told('server-gone')).toBeUndefined();
      expect(daemon.log.map(({ msg }) => msg)).toContain(
        `socket directory: ${join(folder, 's')} is not readable: run the exporter as the user that owns it`,
      );
    },
    90_000,
  );
});
