import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { documents, textOf } from '../docs/support/documents.ts';
import { daemonFlags } from '../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { isInstalled } from '../support/machine/program.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const TIMEOUT_MS = 60_000;

describe('In a checkout', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await makePrivateFolder();
  });

  afterAll(() => removeFolder(folder));

  function run(
    file: string,
    args: readonly string[],
    options: { cwd?: string; input?: string; env?: NodeJS.ProcessEnv } = {},
  ) {
    const { cwd = ROOT, input = '', env = {} } = options;
    const whole = { PATH: process.env['PATH'], HOME: folder, ...env };
    return spawnSync(file, args, { cwd, input, env: whole, encoding: 'utf8', timeout: TIMEOUT_MS });
  }

  function npmStart(...words: string[]): SpawnSyncReturns<string> {
    return run('npm', ['start', '--silent', '--', ...words]);
  }

  it('npm start --silent writes the metrics and nothing else', () => {
    const { status, stdout } = npmStart('once', ...daemonFlags(folder));
    expect(status).toBe(0);
    expect(stdout).toMatch(/^# HELP tmux_/);
    if (isInstalled('promtool'))
      expect(run('promtool', ['check', 'metrics'], { input: stdout })).toMatchObject({ status: 0, stderr: '' });
  });

  it('npm start --silent writes what bash can evaluate', () => {
    const { status, stdout } = npmStart('shell-init', 'bash');
    expect(status).toBe(0);
    expect(run('bash', ['-n'], { input: stdout })).toMatchObject({ status: 0, stderr: '' });
  });

  it('npm link gives the command tmux-exporter', () => {
    const checkout = join(folder, 'checkout');
    const prefix = join(folder, 'prefix');
    mkdirSync(checkout);
    copyFileSync(join(ROOT, 'package.json'), join(checkout, 'package.json'));
    cpSync(join(ROOT, 'dist'), join(checkout, 'dist'), { recursive: true });
    const env = { npm_config_prefix: prefix };
    const linked = run('npm', ['link', '--ignore-scripts', '--offline', '--no-audit', '--no-fund'], {
      cwd: checkout,
      env,
    });
    expect(linked.status).toBe(0);
    const PATH = [join(prefix, 'bin'), dirname(process.execPath), process.env['PATH']].join(':');
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(run('tmux-exporter', ['--version'], { env: { PATH } })).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  it('npm ci builds what the command runs', () => {
    const { bin, scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
      scripts: Record<string, string>;
    };
    expect(bin['tmux-exporter']).toMatch(/^dist\//);
    expect(scripts['prepare']).toMatch(/build/);
  });
});

describe('The documents', () => {
  it.each(documents())('%s names no form of npm start whose banner would get into a pipe or an eval', (path) => {
    expect(textOf(path).match(/npm start -- (once|check|watch|shell-init|service|servers|webhook)\b/g)).toBeNull();
  });
});
