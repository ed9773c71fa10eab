import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TmuxEvent } from '../../src/core/event/event.ts';
import { Daemon, daemonFlags } from '../support/daemon/daemon.ts';
import { eventually } from '../support/machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { TmuxServer } from '../support/tmux/tmux-server.ts';
import { watched } from '../support/tmux/watched.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TIMEOUT_MS = 60_000;

/** The Node that the installed package runs on: `NODE_OF_PACKAGE=/path/of/node` tries another one than that of the tests. */
const NODE = process.env['NODE_OF_PACKAGE'] ?? process.execPath;

const MOST_PACKED_BYTES = 1e6;
const MOST_INSTALLED_BYTES = 15e6;

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

describe('The package', () => {
  let folder: string;
  let packed: Packed;
  let environment: NodeJS.ProcessEnv;
  let command: string;

  beforeAll(async () => {
    folder = await makePrivateFolder();
    await mkdir(join(folder, 'node'));
    symlinkSync(NODE, join(folder, 'node', 'node'));
    const path = `${join(folder, 'node')}:${process.env['PATH']}`;
    command = join(folder, 'prefix', 'bin', 'tmux-exporter');
    environment = { PATH: path, HOME: folder, TMPDIR: folder, npm_config_prefix: join(folder, 'prefix') };
    // Without scripts: the bundle is built already, and others run it.
    const pack = npm('pack', '--json', '--ignore-scripts', '--pack-destination', folder);
    packed = (JSON.parse(pack.stdout) as Packed[])[0] as Packed;
    const file = join(folder, packed.filename);
    expect(npm('install', '--global', '--offline', '--no-audit', '--no-fund', file)).toMatchObject({ status: 0 });
  });

  afterAll(() => removeFolder(folder));

  /** npm itself runs on the Node of the tests. */
  function npm(...args: string[]): SpawnSyncReturns<string> {
    const env = { ...environment, PATH: process.env['PATH'] };
    return spawnSync('npm', args, { cwd: ROOT, env, encoding: 'utf8', timeout: TIMEOUT_MS });
  }

  function run(...args: string[]): SpawnSyncReturns<string> {
    return spawnSync(command, args, { cwd: folder, env: environment, encoding: 'utf8', timeout: TIMEOUT_MS });
  }

  it('has what is needed and no more', () => {
    const paths = packed.files.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['dist/cli.js', 'dist/THIRD_PARTY_LICENSES', 'LICENSE', 'README.md', 'CHANGELOG.md']),
    );
    expect(paths.filter((path) => /\.(ts|map)$|^(src|test|docker)\//.test(path))).toEqual([]);
  });

  it('stays small, and brings no other package', () => {
    expect(packed.size).toBeLessThanOrEqual(MOST_PACKED_BYTES);
    const installed = join(folder, 'prefix', 'lib', 'node_modules');
    expect(readdirSync(installed)).toEqual(['tmux-exporter']);
    const paths = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    expect(paths.filter((path) => path.includes('node_modules'))).toEqual([]);
    const bytes = paths.reduce((sum, path) => sum + statSync(join(installed, path)).size, 0);
    expect(bytes).toBeLessThanOrEqual(MOST_INSTALLED_BYTES);
  });

  it('names the license of each package in the bundle', () => {
    const text = readFileSync(join(ROOT, 'dist', 'THIRD_PARTY_LICENSES'), 'utf8');
    for (const name of ['commander', 'express', 'pino', 'prom-client', 'yaml', 'zod'])
      expect(text).toMatch(new RegExp(`^${name} [\\d.]+ \\([\\w.-]+\\)$`, 'm'));
  });

  it('lists each package of the bundle in its SBOM', () => {
    const { bomFormat, components } = JSON.parse(readFileSync(join(ROOT, 'dist', 'sbom.cdx.json'), 'utf8')) as {
      bomFormat: string;
      components: { name: string; version: string }[];
    };
    expect(bomFormat).toBe('CycloneDX');
    const licenses = readFileSync(join(ROOT, 'dist', 'THIRD_PARTY_LICENSES'), 'utf8');
    const licensed = licenses.match(/(?<=^-{80}\n)\S+ \S+(?= \()/gm) ?? [];
    const listed = new Set(components.map(({ name, version }) => `${name} ${version}`));
    expect(licensed.length).toBeGreaterThan(50);
    expect([...listed].sort()).toEqual(licensed.toSorted());
  });

  it('brings a manual page that man finds', () => {
    const page = join(folder, 'prefix', 'share', 'man', 'man1', 'tmux-exporter.1');
    expect(readFileSync(page, 'utf8')).toContain('\n.SH SYNOPSIS\n');
  });

  it('shows its version, and warns of nothing', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(run('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('logs readable lines on a terminal', async () => {
    const words = [command, 'serve', ...daemonFlags(folder).filter((flag) => !flag.startsWith('--log.format'))];
    // "script" gives it a terminal.
    const line = words.map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['-qec', `exec ${line}`, '/dev/null'], { env: environment, stdio: 'pipe' });
    let shown = '';
    terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
      shown += text;
    });
    await eventually('it is ready', () => shown.includes('is listening on') || terminal.exitCode !== null);
    terminal.stdin.write('\u0003');
    await once(terminal, 'exit');

    expect(shown).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] .*INFO/m);
    expect(terminal.exitCode).toBe(0);
  });

  it('checks the machine, serves, and tells of a death', async () => {
    const server = await TmuxServer.start({ folder, name: 'work' });
    const checked = run('check', ...daemonFlags(folder));
    expect(checked).toMatchObject({ status: 0, stdout: expect.stringContaining('servers: 1 live server'), stderr: '' });

    const daemon = await Daemon.start({
      sockets: folder,
      run: (args) => spawn(command, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] }),
    });
    await watched(daemon, server);
    await server.crash();
    await eventually('the death is told', async () => {
      const { events } = (await (await fetch(`${daemon.url}/api/v1/events`)).json()) as { events: TmuxEvent[] };
      return events.some((event) => event.type === 'server-gone' && event.reason === 'crashed');
    });
    expect(await daemon.metrics()).toMatch(/^process_resident_memory_bytes \d+$/m);
    expect(await daemon.stop()).toBe(0);
    // A line that is not of the log is a warning of Node.
    expect(daemon.log.filter(({ level }) => level === 0)).toEqual([]);
    await server.cleanup();
  });
});
