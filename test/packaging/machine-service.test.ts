import { execFileSync, spawn } from 'node:child_process';
import { chmod, chown, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { COMMAND_LINE, Daemon } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { isInstalled } from '../support/machine/program.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

const UNIT = join(import.meta.dirname, '..', '..', 'packaging', 'debian', 'tmux-exporter.service');
/** Nobody has an account with it. */
const OWNER = 54_323;
/** What `systemd-analyze security` gives the unit, from 0 (best) to 10. */
const MOST_EXPOSURE = 4.2;

const DOCUMENTATION = /^Documentation=.*\n/m;

const text = await readFile(UNIT, 'utf8');
// The program and its manual are not installed here.
const here = text.replace('/usr/bin/tmux-exporter', process.execPath).replace(DOCUMENTATION, '');

describe('The service of the whole machine', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(() => removeFolder(folder));

  const withSystemd = isInstalled('systemd-analyze') ? it : it.skip;

  withSystemd('is one that systemd has nothing to say against', async () => {
    const path = join(folder, 'tmux-exporter.service');
    await writeFile(path, here);
    expect(execFileSync('systemd-analyze', ['verify', path], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });

  withSystemd('has a socket unit that systemd has nothing to say against', async () => {
    const socket = await readFile(UNIT.replace(/service$/, 'socket'), 'utf8');
    await writeFile(join(folder, 'tmux-exporter.service'), here);
    const path = join(folder, 'tmux-exporter.socket');
    await writeFile(path, socket.replace(DOCUMENTATION, ''));
    expect(execFileSync('systemd-analyze', ['verify', path], { encoding: 'utf8', stdio: 'pipe' })).toBe('');
  });

  withSystemd('exposes little of the machine', () => {
    const args = ['security', '--offline=true', '--no-pager', UNIT];
    const report = execFileSync('systemd-analyze', args, { encoding: 'utf8' });
    const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(report) ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(MOST_EXPOSURE);
  });

  it('runs no program of other users, which could report in its name', () => {
    expect(text).toMatch(/^NotifyAccess=all$/m);
    expect(text).toMatch(/^ExecStart=.* --tmux\.client protocol$/m);
  });

  const asRoot = process.getuid?.() === 0 && isInstalled('setpriv') ? it : it.skip;

  asRoot(
    'sees the servers of other users, and their processes, with the capabilities that it keeps (needs root)',
    async () => {
      const server = await TmuxServer.start({
        folder: await folderOfOwner(),
        name: 'work',
        binary: await tmuxOfOwner(),
      });
      const daemon = await Daemon.start({
        sockets: folder,
        flags: ['--tmux.client=protocol', `--tmux.server=work=${server.socket}`],
        run: (args) =>
          spawn('setpriv', [...confinement(), ...COMMAND_LINE, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }),
      });
      try {
        await watched(daemon, server);
        expect(await daemon.metrics()).toMatch(/^tmux_session_processes\{server="work",session="main"\} [1-9]/m);
        await server.crash();
        await eventually('the death is reported', async () =>
          (await daemon.metrics()).includes('tmux_server_gone_total{server="work",reason="crashed"} 1'),
        );
      } finally {
        await daemon.cleanup();
        await server.cleanup();
      }
    },
  );

  /** What the unit does to a process, as flags of setpriv. */
  function confinement(): string[] {
    const [, names = ''] = /^CapabilityBoundingSet=(.*)$/m.exec(text) ?? [];
    const kept = names.split(' ').map((name) => `+${name.replace('CAP_', '').toLowerCase()}`);
    return [`--bounding-set=${['-all', ...kept].join(',')}`, '--inh-caps=-all', '--no-new-privs'];
  }

  async function folderOfOwner(): Promise<string> {
    await chmod(folder, 0o711);
    const path = join(folder, 'owner');
    await mkdir(path, { mode: 0o700 });
    await chown(path, OWNER, OWNER);
    return path;
  }

  async function tmuxOfOwner(): Promise<string> {
    const path = join(folder, 'tmux-of-owner');
    await writeFile(path, `#!/bin/sh\nexec setpriv --reuid=${OWNER} --regid=${OWNER} --clear-groups tmux "$@"\n`);
    await chmod(path, 0o755);
    return path;
  }
});
