import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { launchdPlist } from '../../../src/commands/service/launchd.ts';
import { systemdUnit } from '../../../src/commands/service/systemd-files.ts';
import { SERVICES, type ServiceParts } from '../../../src/commands/service/unit.ts';
import { cli } from '../../support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from '../../support/machine/private-folder.ts';
import { isInstalled } from '../../support/machine/program.ts';

const execute = promisify(execFile);
/** What `systemd-analyze security` gives the unit of a user, from 0 (best) to 10. It counts what only the systemd of the machine can take away. */
const MOST_EXPOSURE = 6.4;
const WORDS = ['/bin/sh', 'a b', '"quoted"', "it's", `$HOME \${HOME}`, '100%', 'back\\slash', '<&>'];

describe('The file of a service', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(() => removeFolder(folder));

  function parts(service: ServiceParts['service']): ServiceParts {
    return { service, command: WORDS, env: { PATH: '/bin:/a b', ODD: '100% "<&>"' }, home: '/home/me' };
  }

  const withSystemd = isInstalled('systemd-analyze') ? it : it.skip;

  withSystemd.each(SERVICES)('is one that systemd has nothing to say against: %s', async (service) => {
    const { name, text } = systemdUnit(parts(service));
    const path = join(folder, name);
    await writeFile(path, text);
    const env = { ...process.env, XDG_RUNTIME_DIR: folder };
    const { stdout, stderr } = await execute('systemd-analyze', ['verify', '--user', path], { env });
    expect(stdout + stderr).toBe('');
  });

  withSystemd('names a program whatever its folder is called', async () => {
    const program = join(folder, 'no$de 100%');
    await writeFile(program, '#!/bin/sh\n');
    await chmod(program, 0o755);
    const { name, text } = systemdUnit({ ...parts('daemon'), command: [program, ...WORDS] });
    const path = join(folder, name);
    await writeFile(path, text);
    const env = { ...process.env, XDG_RUNTIME_DIR: folder };
    const { stdout, stderr } = await execute('systemd-analyze', ['verify', '--user', path], { env });
    expect(stdout + stderr).toBe('');
  });

  withSystemd('leaves a service few ways into the machine', async () => {
    const path = join(folder, 'tmux-exporter.service');
    await writeFile(path, systemdUnit(parts('daemon')).text);
    const { stdout } = await execute('systemd-analyze', ['security', '--offline=true', '--no-pager', path]);
    const [, exposure] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
    expect(Number(exposure)).toBeLessThanOrEqual(MOST_EXPOSURE);
  });

  it('lets systemd watch over the daemon, which reports that it is ready', () => {
    expect(systemdUnit(parts('daemon')).text).toMatch(/^Type=notify\nNotifyAccess=all\nWatchdogSec=2min$/m);
    expect(systemdUnit(parts('hub')).text).toMatch(/^Type=notify\nNotifyAccess=all\nWatchdogSec=2min$/m);
    expect(systemdUnit(parts('watch')).text).toMatch(/^Type=exec$/m);
  });

  it.each(SERVICES)('leaves no core with its secrets: %s', (service) => {
    expect(systemdUnit(parts(service)).text).toMatch(/^LimitCORE=0$/m);
  });

  const withPython = isInstalled('python3') ? it : it.skip;

  withPython.each(SERVICES)('is a property list that holds each word as it is: %s', async (service) => {
    const { name, text } = launchdPlist(parts(service));
    const path = join(folder, name);
    await writeFile(path, text);
    const script = 'import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], "rb"))))';
    const { stdout } = await execute('python3', ['-c', script, path]);
    expect(JSON.parse(stdout)).toMatchObject({
      ProgramArguments: WORDS,
      EnvironmentVariables: { ODD: '100% "<&>"' },
      RunAtLoad: true,
      KeepAlive: { SuccessfulExit: false },
    });
  });

  it('escapes what systemd would take for a variable or a specifier', () => {
    const [, line = ''] = /^ExecStart=(.*)$/m.exec(systemdUnit(parts('daemon')).text) ?? [];
    expect(line).toBe('/bin/sh "a b" "\\"quoted\\"" "it\'s" "$$HOME $${HOME}" "100%%" "back\\\\slash" "<&>"');
  });

  it('hides nothing from the daemon that it is there to see', () => {
    const lines = systemdUnit(parts('daemon'))
      .text.split('\n')
      .filter((line) => !line.startsWith('#'));
    for (const name of [
      'PrivateTmp',
      'ProtectHome',
      'ProtectProc',
      'PrivateUsers',
      'ProtectKernelLogs',
      'MemoryDenyWriteExecute',
    ]) {
      expect(lines.join('\n')).not.toContain(name);
    }
    expect(lines).toContain('NoNewPrivileges=yes');
  });
});

describe('service', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(() => removeFolder(folder));

  it('installs into the folder of the service manager of the user, with the flags for the daemon, and prints the commands to start it', async () => {
    const args = ['service', 'install', '--format', 'systemd', '--', '--poll.timeout', '3s'];
    const { code, stdout } = await cli(args, { XDG_CONFIG_HOME: folder, TMUX_TMPDIR: '/run/me' });
    const path = join(folder, 'systemd', 'user', 'tmux-exporter.service');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`Wrote ${path}\n`) });
    expect(stdout).toContain(
      '\n  systemctl --user enable tmux-exporter.service\n  systemctl --user restart tmux-exporter.service\n',
    );
    const text = await readFile(path, 'utf8');
    expect(text).toMatch(/^ExecStart=.* serve --poll\.timeout 3s$/m);
    expect(text).toContain('\nEnvironment=TMUX_TMPDIR=/run/me\n');
    expect((await stat(path)).mode & 0o777).toBe(0o644);
  });

  it.each([
    [
      'daemon',
      ['--config.file', 'config.yml', '--log.level', 'warn'],
      ['--config.file', '@config.yml', '--log.level', 'warn'],
    ],
    ['daemon', ['--web.config.file=web.yml'], ['--web.config.file=@web.yml']],
    ['daemon', ['--tmux.binary', 'bin/tmux'], ['--tmux.binary', '@bin/tmux']],
    ['daemon', ['--no-storage', '--tmux.binary=tmux'], ['--no-storage', '--tmux.binary=tmux']],
    ['hub', ['--web.config.file', '/etc/web.yml'], ['--web.config.file', '/etc/web.yml']],
    ['watch', ['--token-file', 'tok', '--json'], ['--token-file', '@tok', '--json']],
    ['watch', ['--exec', 'test/fixture', 'a/b'], ['--exec', '@test/fixture', 'a/b']],
  ])('names files by absolute paths, because it runs in another folder: %s %j', async (service, flags, lasting) => {
    await mkdir(join(folder, 'test'));
    await writeFile(join(folder, 'test', 'fixture'), '', { mode: 0o755 });
    const { stdout } = await cli(['service', 'print', service, '--format', 'systemd', '--', ...flags], {}, folder);
    const expected = lasting.map((word) => word.replace('@', `${folder}/`)).join(' ');
    expect(stdout.match(/^ExecStart=.*$/m)?.[0]?.endsWith(` ${expected}`)).toBe(true);
  });

  it('hands on the files of variables by absolute paths', async () => {
    const env = { TMUX_TMPDIR: 'sockets', TMUX_EXPORTER_TOKEN_FILE: 'a,b' };
    const { stdout } = await cli(['service', 'print', 'watch', '--format', 'systemd'], env, folder);
    expect(stdout).toContain(`\nEnvironment=TMUX_TMPDIR=${folder}/sockets\n`);
    expect(stdout).toContain(`\nEnvironment=TMUX_EXPORTER_TOKEN_FILE=${folder}/a,b\n`);
  });

  it('starts a hub with its flags', async () => {
    const args = ['service', 'print', 'hub', '--format', 'systemd', '--', '--web.listen-address', ':8690'];
    const { stdout } = await cli(args);
    expect(stdout).toMatch(/^ExecStart=.* hub --web\.listen-address :8690$/m);
  });

  it('hands on the PATH of the user, without what npm and its like put before it', async () => {
    const npm = '/checkout/node_modules/.bin:/home/me/node_modules/.bin:/opt/npm/lib/node-gyp-bin';
    const PATH = `${npm}:/home/me/bin:relative::/usr/bin:/home/me/bin`;
    const { stdout } = await cli(['service', 'print', '--format', 'systemd'], { PATH });
    expect(stdout).toMatch(/^Environment=PATH=\/home\/me\/bin:\/usr\/bin$/m);
  });

  it('hands on no PATH of which nothing is left', async () => {
    const { stdout } = await cli(['service', 'print', '--format', 'systemd'], { PATH: '/checkout/node_modules/.bin' });
    expect(stdout).not.toContain('PATH=');
  });

  it('passes every exporter on that the watch is to follow, by flags or by the environment, with how it is reached', async () => {
    const urls = ['http://build7:8689', 'https://build8:8689'];
    const print = ['service', 'print', 'watch', '--format', 'systemd'];
    const { stdout } = await cli([
      ...print,
      '--',
      ...urls.map((url) => `--url=${url}`),
      '--token-file=a',
      '--token-file=',
    ]);
    const flags = `--url=${urls[0]} --url=${urls[1]} --token-file=${resolve('a')} --token-file=`;
    expect(stdout).toContain(` watch --desktop --severity=warning ${flags}\n`);
    const env = { TMUX_EXPORTER_URL: urls.join(), TMUX_EXPORTER_CA_FILE: ',ca.crt' };
    const byVariables = await cli(print, env);
    expect(byVariables.stdout).toContain(`\nEnvironment=TMUX_EXPORTER_URL=${urls.join()}\n`);
    expect(byVariables.stdout).toContain(`\nEnvironment=TMUX_EXPORTER_CA_FILE=,${resolve('ca.crt')}\n`);
  });

  it.each([
    ['a flag after --', ['--', '--url', 'https://me:s3cret@build7:8689'], {}],
    ['environment variable TMUX_EXPORTER_URL', [], { TMUX_EXPORTER_URL: 'http://build8,https://me:s3cret@build7' }],
  ])('writes no password into a file that every user can read: %s', async (source, flags, env) => {
    const install = ['service', 'install', 'watch', '--format', 'systemd', '--dir', folder];
    const { code, stdout, stderr } = await cli([...install, ...flags], env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toBe(
      `${source}: expected no password in a URL, because every user can read the file of a service; write the URL into ~/.config/tmux-exporter/client.yml, with mode 0600, and leave it out here: the service reads that file\n`,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['daemon', ['--bogus'], "error: unknown option '--bogus'"],
    ['daemon', ['--poll.timeout', 'soon'], 'flag --poll.timeout: expected a duration'],
    ['daemon', ['--poll.timeout'], "error: option '--poll.timeout <duration>' argument missing"],
    ['daemon', ['word'], 'error: too many arguments'],
    ['daemon', ['--help'], 'a flag after --: expected flags that serve runs with, found --help'],
    ['hub', ['--poll.timeout', '3s'], "error: unknown option '--poll.timeout'"],
    ['hub', ['--bus.servers', 'http://bus'], 'flag --bus.servers: expected a URL such as tls://'],
    ['watch', ['--severity', 'bad'], "error: option '--severity <minimum>' argument 'bad' is invalid"],
    ['watch', ['--url', 'ftp://build7'], '--url: expected a URL such as'],
    ['watch', ['--type', 'nonsense'], '--type: expected one of'],
    ['watch', ['--exec', 'notifysend'], '--exec: expected a program in PATH'],
    ['watch', ['notify'], 'watch takes no arguments, found "notify"'],
    ['watch', ['--user', 'me'], '--user: expected --password-file with it, found none'],
  ])('writes no file with flags that its command would refuse: %s %j', async (service, flags, message) => {
    for (const place of [['install', '--dir', folder], ['print']]) {
      const { code, stdout, stderr } = await cli(['service', ...place, service, '--', ...flags]);
      expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes a command for the events of the watch', async () => {
    const exec = ['--jobs=2', '--exec', 'sh', '--bogus', './file'];
    const { code, stdout } = await cli(['service', 'print', 'watch', '--format', 'systemd', '--', ...exec]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/ --severity=warning --jobs=2 --exec sh --bogus \.\/file$/m),
    ]);
  });

  it('hands on where the client configuration file is', async () => {
    const file = join(folder, 'client.yml');
    await writeFile(file, 'exporters: [{url: "http://build7:8689"}]', { mode: 0o600 });
    const env = { TMUX_EXPORTER_CLIENT_FILE: file, XDG_CONFIG_HOME: '/home/me/config' };
    const { stdout } = await cli(['service', 'print', 'watch', '--format', 'systemd'], env);
    expect(stdout).toContain(`\nEnvironment=TMUX_EXPORTER_CLIENT_FILE=${file}\n`);
    expect(stdout).toContain('\nEnvironment=XDG_CONFIG_HOME=/home/me/config\n');
  });

  it('gives the daemon no URL of an exporter', async () => {
    const env = { TMUX_EXPORTER_URL: 'http://me:s3cret@build7:8689' };
    const { code, stdout } = await cli(['service', 'print', '--format', 'systemd'], env);
    expect(code).toBe(0);
    expect(stdout).not.toContain('TMUX_EXPORTER_URL');
  });

  it('starts it only if it is told to', async () => {
    const systemctl = join(folder, 'systemctl');
    await writeFile(systemctl, '#!/bin/sh\necho "$@" >>"$0.calls"\n');
    await chmod(systemctl, 0o755);
    const env = { XDG_CONFIG_HOME: folder, PATH: `${folder}:${process.env['PATH']}` };
    const install = ['service', 'install', 'watch', '--format', 'systemd'];
    expect((await cli(install, env)).code).toBe(0);
    await expect(readFile(`${systemctl}.calls`, 'utf8')).rejects.toThrow('ENOENT');
    expect((await cli([...install, '--now'], env)).code).toBe(0);
    expect(await readFile(`${systemctl}.calls`, 'utf8')).toBe(
      '--user daemon-reload\n--user enable tmux-exporter-watch.service\n--user restart tmux-exporter-watch.service\n',
    );
  });

  it('ends the service that launchd has loaded, before it loads its file', async () => {
    const launchctl = join(folder, 'launchctl');
    // The first time the service is still ending, and then it is not loaded any more.
    const script = '#!/bin/sh\necho "$@" >>"$0.calls"\n[ "$1" = bootstrap ] && exit\n[ -e "$0.again" ] && exit 3\n';
    await writeFile(launchctl, `${script}: >"$0.again"\nexit 36\n`);
    await chmod(launchctl, 0o755);
    const env = { PATH: `${folder}:${process.env['PATH']}` };
    const install = ['service', 'install', '--format', 'launchd', '--dir', folder];
    const [domain, plist] = [`gui/${process.getuid?.()}`, join(folder, 'io.github.tmux-exporter.plist')];
    const out = `bootout ${domain}/io.github.tmux-exporter`;
    const { stdout } = await cli(install, env);
    expect(stdout).toContain(`\n  launchctl ${out} || true\n  launchctl bootstrap ${domain} ${plist}\n`);
    expect(await cli([...install, '--now'], env)).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(`${launchctl}.calls`, 'utf8')).toBe(`${out}\n${out}\nbootstrap ${domain} ${plist}\n`);
  });

  it('says which step failed, and what to run once it is possible', async () => {
    const env = { XDG_CONFIG_HOME: folder, PATH: folder };
    const { code, stderr } = await cli(['service', 'install', '--format', 'systemd', '--now'], env);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^systemctl --user daemon-reload failed: .*\n.*su or sudo/),
    });
    expect(stderr).toContain(
      '  systemctl --user daemon-reload\n  systemctl --user enable tmux-exporter.service\n  systemctl --user restart tmux-exporter.service\n',
    );
  });

  it('prints either of the two, and no other', async () => {
    const watch = await cli(['service', 'print', 'watch', '--format', 'launchd']);
    expect(watch.stdout).toContain('<string>--desktop</string>');
    const other = await cli(['service', 'print', 'other']);
    expect(other).toMatchObject({ code: 2, stderr: 'service: expected one of daemon, hub, watch, found "other"\n' });
  });
});
