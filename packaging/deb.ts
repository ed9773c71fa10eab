import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemdUnit } from '../src/commands/service/systemd-files.ts';

/** Builds the Debian package from `dist/` into a folder, by default the present one. Needs debhelper (Debian). */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The number of the packaging, for packages of the same version. */
const REVISION = 1;
/** What the package is made of, beside `debian/`. */
const INPUTS = [
  'dist',
  'docs',
  'package.json',
  'README.md',
  'CHANGELOG.md',
  'dashboards/import',
  'dashboards/prometheus',
  'dashboards/rules',
];
const COMPLETIONS = { bash: 'tmux-exporter', zsh: '_tmux-exporter', fish: 'tmux-exporter.fish' };

/** Who answers for the package, as for all tools of Debian that build one: the builder. The name of nobody cannot receive mail (RFC 2606). */
const MAINTAINER = `${process.env['DEBFULLNAME'] || 'Local build of tmux-exporter'} <${process.env['DEBEMAIL'] || 'nobody@tmux-exporter.invalid'}>`;

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const folder = resolve(process.argv[2] ?? '.');
const work = mkdtempSync(join(tmpdir(), 'tmux-exporter-deb-'));
try {
  const source = join(work, 'source');
  stage(source);
  // Without a check of Build-Depends: it asks for a compiler, which nothing here needs.
  execFileSync('dpkg-buildpackage', ['--build=all', '--no-check-builddeps', '--no-sign'], {
    cwd: source,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const name = `tmux-exporter_${version}-${REVISION}_all.deb`;
  mkdirSync(folder, { recursive: true });
  cpSync(join(work, name), join(folder, name));
  process.stdout.write(`${join(folder, name)}\n`);
} finally {
  rmSync(work, { recursive: true });
}

/** Lays out a source tree as debhelper expects it. */
function stage(source: string): void {
  for (const path of [...INPUTS, ...dashboards()]) cpSync(join(ROOT, path), join(source, path), { recursive: true });
  // It is started by the wrapper alone.
  const program = join(source, 'dist', 'cli.js');
  writeFileSync(program, readFileSync(program, 'utf8').replace(/^#!.*/, '//'));
  const debian = join(source, 'debian');
  cpSync(join(ROOT, 'packaging', 'debian'), debian, { recursive: true });
  for (const name of ['bin', 'etc', 'completion']) mkdirSync(join(source, name));
  renameSync(join(debian, 'tmux-exporter.sh'), join(source, 'bin', 'tmux-exporter'));
  renameSync(join(debian, 'config.yml'), join(source, 'etc', 'config.yml'));
  for (const [shell, name] of Object.entries(COMPLETIONS))
    writeFileSync(join(source, 'completion', name), completionOf(shell));
  const command = ['/usr/bin/tmux-exporter', 'serve'];
  const unit = systemdUnit({ service: 'daemon', command, env: {}, home: '' });
  writeFileSync(join(debian, 'tmux-exporter.user.service'), unit.text);
  const control = join(debian, 'control');
  writeFileSync(
    control,
    readFileSync(control, 'utf8').replace('@MAINTAINER@', () => MAINTAINER),
  );
  writeFileSync(join(debian, 'changelog'), changelog());
}

function dashboards(): string[] {
  return globSync('dashboards/*.json', { cwd: ROOT });
}

function completionOf(shell: string): string {
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' };
  return execFileSync(process.execPath, [join(ROOT, 'dist', 'cli.js'), 'completion', shell], { env, encoding: 'utf8' });
}

/** Debian's changelog names the version; what changed is in ours, beside it. */
function changelog(): string {
  const epoch = process.env['SOURCE_DATE_EPOCH'];
  const date = (epoch ? new Date(Number(epoch) * 1000) : new Date()).toUTCString().replace('GMT', '+0000');
  return `tmux-exporter (${version}-${REVISION}) unstable; urgency=medium

  * tmux-exporter ${version}: changelog.gz lists what changed.

 -- ${MAINTAINER}  ${date}
`;
}
