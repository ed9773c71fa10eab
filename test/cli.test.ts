import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Endpoint, switches } from './alert/support/endpoint.ts';
import { cli } from './support/daemon/daemon.ts';
import { makePrivateFolder, removeFolder } from './support/machine/private-folder.ts';

const CLI = fileURLToPath(new URL('../src/cli.ts', import.meta.url));

/** Runs a script ahead of the command line, in the same process. */
function preload(script: string): NodeJS.ProcessEnv {
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}

/** An old Node as far as the command line can see: its version, and a node:module without what came later. */
const OLD_NODE = `
  import { registerHooks } from 'node:module';
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });
  registerHooks({
    resolve: (name, context, next) =>
      name === 'node:module' && context.parentURL?.endsWith('/src/cli.ts')
        ? { url: 'data:text/javascript,export const createRequire = null', shortCircuit: true }
        : next(name, context),
  });
`;

describe('The program', () => {
  it('says in one line what it needs if Node is too old', async () => {
    expect(await cli(['--version'], preload(OLD_NODE))).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'tmux-exporter needs Node 22.18 or newer, found 18.20.8: upgrade it, or use npm start, which brings its own\n',
    });
  });

  it('drops the warning that SQLite is experimental, and no other', async () => {
    const warn = `process.once('beforeExit', () => {
      process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning');
      process.emitWarning('Teapots are an experimental feature', 'ExperimentalWarning');
      process.emitWarning('SQLite is old', 'DeprecationWarning');
    });`;
    const { code, stderr } = await cli(['--version'], preload(warn));
    expect(code).toBe(0);
    expect(stderr).toContain('ExperimentalWarning: Teapots');
    expect(stderr).toContain('DeprecationWarning: SQLite is old');
    expect(stderr).not.toContain('SQLite is an experimental feature');
  });

  it('closes the debugger of Node that a signal opened before its first line', async () => {
    const open = `const { open, url } = await import('node:inspector');
      open(0);
      process.on('exit', () => console.log(url()));`;
    expect((await cli(['--version'], preload(open))).stdout).toMatch(/\nundefined\n$/);
  });
});

describe('The program, where it is started', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await makePrivateFolder();
  });

  afterEach(async () => {
    await removeFolder(folder);
  });

  /** Runs a line of a shell in the folder; `$CLI ARGS` is the command. The daemon would watch nothing. */
  function shell(line: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; stdout: string; stderr: string }> {
    const variables = {
      PATH: process.env['PATH'],
      HOME: folder,
      CLI: `${process.execPath} ${CLI}`,
      TMUX_EXPORTER_TMUX_DISCOVER: 'false',
      TMUX_EXPORTER_TMUX_DISCOVER_PROCESSES: 'false',
      ...env,
    };
    return new Promise((resolve) => {
      const child = execFile('sh', ['-c', line], { cwd: folder, env: variables }, (_, stdout, stderr) =>
        resolve({ code: child.exitCode ?? -1, stdout, stderr }),
      );
    });
  }

  it('needs no working folder: the daemon starts in one that was removed', async () => {
    const { stderr } = await shell(
      'mkdir removed && cd removed && rmdir ../removed && $CLI --web.listen-address 192.0.2.1:0',
    );
    expect(stderr).toMatch(/^192\.0\.2\.1:0 can be reached by other machines/);
  });

  it.each([
    ['XDG_STATE_HOME', { XDG_STATE_HOME: 'state' }],
    ['HOME', { HOME: 'home' }],
    ['an empty HOME', { HOME: '' }],
  ])('keeps nothing in its working folder, because of a relative path in %s', async (_, env) => {
    const { stdout } = await shell('cd / && $CLI check', env);
    expect(stdout).toMatch(/^\S+ +storage: \//m);
  });

  it('says that an address is taken, also by something that is no web server', async () => {
    const endpoint = await Endpoint.start(switches);
    const { code, stdout } = await shell(`$CLI check --web.listen-address ${new URL(endpoint.url).host}`);
    await endpoint.close();
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/^FAIL listen address: .* is in use/m) });
  });

  const onFullDevice = process.platform === 'linux' ? it : it.skip;
  onFullDevice('fails if its output cannot be written', async () => {
    const { code, stderr } = await shell('$CLI once > /dev/full');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^the output cannot be written: .*\n$/),
    });
  });

  it('does not fail if the reader of its output has what it wanted', async () => {
    const { code, stdout, stderr } = await shell('{ $CLI once; echo $? >&2; } | head -n 1');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringMatching(/^# HELP/), stderr: '0\n' });
  });
});
