import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { daemonFlags } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { isInstalled } from '../support/machine/program.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MOST_BYTES = 1e6;

const canBuild = ['dpkg-buildpackage', 'dh', 'fakeroot'].every(isInstalled);
const describeOnDebian = canBuild ? describe : describe.skip;

describeOnDebian('The Debian package (needs debhelper and fakeroot)', () => {
  let folder: string;
  let file: string;
  /** Where it was unpacked, without its scripts. */
  let unpacked: string;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    const built = run(process.execPath, join(ROOT, 'packaging', 'deb.ts'), folder);
    expect(built).toMatchObject({ status: 0 });
    file = built.stdout.trim();
    unpacked = join(folder, 'unpacked');
    execFileSync('dpkg-deb', ['-x', file, unpacked]);
  });

  afterAll(() => removeFolder(folder));

  function run(command: string, ...args: string[]): SpawnSyncReturns<string> {
    return spawnSync(command, args, { encoding: 'utf8', env: { ...process.env, XDG_CONFIG_HOME: folder } });
  }

  const withLintian = isInstalled('lintian') ? it : it.skip;

  withLintian('is one that lintian has nothing to say against', () => {
    expect(run('lintian', '--pedantic', '--allow-root', file)).toMatchObject({ status: 0, stdout: '' });
  });

  it('names who built it as its maintainer, and otherwise nobody', () => {
    const [name, address] = [process.env['DEBFULLNAME'], process.env['DEBEMAIL']];
    const expected = `${name || 'Local build of tmux-exporter'} <${address || 'nobody@tmux-exporter.invalid'}>\n`;
    expect(run('dpkg-deb', '--field', file, 'Maintainer').stdout).toBe(expected);
  });

  it('stays small', async () => {
    expect((await stat(file)).size).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('keeps what an administrator wrote into its configuration', () => {
    expect(run('dpkg-deb', '--info', file, 'conffiles').stdout).toBe('/etc/tmux-exporter/config.yml\n');
  });

  it('starts nothing and enables nothing', () => {
    const scripts = ['preinst', 'postinst'].map((name) => run('dpkg-deb', '--info', file, name).stdout).join('');
    expect(scripts).toContain('was-enabled');
    expect(scripts).not.toMatch(/deb-systemd-invoke (--user )?(start|restart|\$)/);
  });

  it('has a program that runs, and a configuration that it accepts', async () => {
    const program = join(unpacked, 'usr/lib/tmux-exporter/dist/cli.js');
    const wrapper = await readFile(join(unpacked, 'usr/bin/tmux-exporter'), 'utf8');
    expect(wrapper).toContain(' /usr/lib/tmux-exporter/dist/cli.js ');
    const config = join(unpacked, 'etc/tmux-exporter/config.yml');
    const checked = run(process.execPath, program, 'check', '--config.file', config, ...daemonFlags(folder));
    expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining(`configuration: ${config}\n`) });
  });

  it.each([
    'usr/share/man/man1/tmux-exporter.1.gz',
    'usr/share/bash-completion/completions/tmux-exporter',
    'usr/share/zsh/vendor-completions/_tmux-exporter',
    'usr/share/fish/vendor_completions.d/tmux-exporter.fish',
    'usr/lib/systemd/user/tmux-exporter.service',
    'usr/lib/systemd/user/tmux-exporter.socket',
    'usr/share/doc/tmux-exporter/THIRD_PARTY_LICENSES.gz',
    'usr/share/doc/tmux-exporter/examples/rules/tmux.rules.yml',
  ])('has %s', async (path) => {
    expect((await stat(join(unpacked, path))).isFile()).toBe(true);
  });

  it('has the units of the machine, in the folder that this debhelper takes', async () => {
    const units = (await filesOf(unpacked)).filter((path) => /^(usr\/)?lib\/systemd\/system\//.test(path));
    expect(units.map((path) => basename(path))).toEqual(['tmux-exporter.service', 'tmux-exporter.socket']);
  });

  it('leaves nothing after a purge', async () => {
    const root = await emptyDebian();
    const before = await filesOf(root);
    const dpkg = (...args: string[]) =>
      run('fakeroot', 'dpkg', `--root=${root}`, '--log=/dev/null', '--force-script-chrootless', ...args);
    expect(dpkg('--force-depends', '--install', file)).toMatchObject({ status: 0 });
    expect(await filesOf(root)).toContain('usr/bin/tmux-exporter');
    await mkdir(join(root, 'var/lib/tmux-exporter'), { recursive: true });
    await writeFile(join(root, 'var/lib/tmux-exporter/token'), 'secret');
    expect(dpkg('--purge', 'tmux-exporter')).toMatchObject({ status: 0 });
    expect(await filesOf(root)).toEqual(before);
  });

  /** A root without any package, and without the services of one. */
  async function emptyDebian(): Promise<string> {
    const root = join(folder, 'root');
    for (const name of ['info', 'updates', 'triggers'])
      await mkdir(join(root, 'var/lib/dpkg', name), { recursive: true });
    await writeFile(join(root, 'var/lib/dpkg/status'), '');
    return root;
  }

  /** All but what dpkg itself keeps. */
  async function filesOf(root: string): Promise<string[]> {
    const entries = await readdir(root, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
    return paths.filter((path) => !path.startsWith('var/lib/dpkg/')).sort();
  }
});
