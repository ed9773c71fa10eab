import { describe, expect, it } from '@jest/globals';
import { cli } from './support/daemon/daemon.ts';

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
});
