import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cli, Daemon, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';

/** A file system whose server never answers, as a dead NFS. */
class DeadFileSystem {
  readonly folder: string;
  readonly #device: number;

  private constructor(folder: string, device: number) {
    this.folder = folder;
    this.#device = device;
  }

  /** Mounts one: that takes root and FUSE. */
  static async mount(): Promise<DeadFileSystem> {
    const folder = await makePrivateFolder();
    const device = openSync('/dev/fuse', 'r+');
    const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
    const mount = spawn('mount', ['-i', '-t', 'fuse', '-o', options, 'none', folder], {
      stdio: ['ignore', 'ignore', 'ignore', device],
    });
    const code = await new Promise((resolve) => mount.once('exit', resolve));
    if (code === 0) return new DeadFileSystem(folder, device);
    closeSync(device);
    await removeFolder(folder);
    throw new Error(`mount ended with ${code}`);
  }

  /** Everything that waits for it fails, then it is gone. */
  async unmount(): Promise<void> {
    closeSync(this.#device);
    execFileSync('umount', ['-l', this.folder]);
    await removeFolder(this.folder);
  }
}

describe('A daemon', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => removeFolder(folder));

  it('says in one line that its configuration is a FIFO, or its store', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const configuration = await cli(['serve', ...daemonFlags(folder), '--config.file', fifo]);
    expect(configuration).toMatchObject({ code: 2, stderr: expect.stringContaining(`${fifo} is not a regular file`) });
    const store = await cli(['serve', ...daemonFlags(folder), '--storage.path', fifo]);
    expect(store).toMatchObject({ code: 1, stderr: expect.stringContaining('not a regular file') });
  });

  const rootWithFuse = process.getuid?.() === 0 && existsSync('/dev/fuse') ? it : it.skip;

  rootWithFuse(
    'polls, reports a death and ends while four secrets are on a file system that does not answer',
    async () => {
      const dead = await DeadFileSystem.mount();
      const server = await TmuxServer.start({ folder, name: 'work' });
      const file = join(folder, 'config.yml');
      const hooks = [1, 2, 3, 4].map(
        (at) => `  - {name: hook${at}, url_file: ${dead.folder}/url${at}, group: {wait: 0s}}`,
      );
      await writeFile(file, `webhooks:\n${hooks.join('\n')}\n`);
      const daemon = await Daemon.start({ sockets: folder, flags: ['--config.file', file] });
      try {
        await server.crash();
        await eventually('receivers are not reached', () => logged(daemon, 'was not read within') >= 4);
        const polls = await daemon.sample('tmux_exporter_polls_total');
        await eventually(
          'it polls on',
          async () => Number(await daemon.sample('tmux_exporter_polls_total')) >= Number(polls) + 2,
        );
        await server.restart();
        await eventually('a server is seen', async () => (await daemon.sample('tmux_server_up{server="work"}')) === 1);
        const begun = performance.now();
        const code = await daemon.stop();
        expect(performance.now() - begun).toBeLessThan(5_000);
        // A thread that hangs cannot be joined: the signal itself ends the process then.
        expect([0, null]).toContain(code);
      } finally {
        await dead.unmount();
        await daemon.cleanup();
        await server.cleanup();
      }
    },
  );

  it('keeps its configuration if the file becomes a FIFO, and is reloaded again later', async () => {
    const file = join(folder, 'config.yml');
    await writeFile(file, '');
    const daemon = await Daemon.start({ sockets: folder, flags: ['--config.file', file] });
    try {
      execFileSync('rm', [file]);
      execFileSync('mkfifo', [file]);
      daemon.kill('SIGHUP');
      await eventually('it is refused', () => logged(daemon, 'is not a regular file') === 1);
      execFileSync('rm', [file]);
      await writeFile(file, 'servers: [{name: late, socket: /nonexistent/late}]\n');
      daemon.kill('SIGHUP');
      await eventually('it is in force', async () => (await daemon.sample('tmux_server_up{server="late"}')) === 0);
    } finally {
      expect(await daemon.stop()).toBe(0);
    }
  });

  function logged({ log }: Daemon, text: string): number {
    return log.filter(({ msg }) => msg.includes(text)).length;
  }
});
