import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { accessFlags, addAccessOptions } from '../../src/commands/access-options.ts';
import { readExporter, readExporters } from '../../src/commands/exporters.ts';

const [A, B, C] = ['http://a:1', 'https://b:2', 'unix:/c'];

function commandOf(flags: readonly string[]): Command {
  return addAccessOptions(new Command().exitOverride(), 'several').parse([...flags], { from: 'user' });
}

function read(flags: readonly string[], env: Record<string, string> = {}) {
  return readExporters(commandOf(flags), { env });
}

describe('The exporters of a command', () => {
  it.each([
    ['by repeated flags', [`--url=${A}`, '--url', B], {}],
    ['by one flag', [`--url=${A},${B}`], {}],
    ['by the environment', [], { TMUX_EXPORTER_URL: `${A}, ${B}` }],
    ['by flags, which replace the environment', [`--url=${A},${B}`], { TMUX_EXPORTER_URL: C }],
  ])('are given %s', (_, flags, env) => {
    expect(read(flags, env).map(({ url }) => url)).toEqual([A, B]);
  });

  it('are the local one if none is given', () => {
    expect(read([])).toMatchObject([{ url: 'http://127.0.0.1:8689', tokenFile: null }]);
  });

  it.each([
    ['one for all', ['--token-file=t'], {}, ['t', 't']],
    ['one for each', ['--token-file=t,1', '--token-file=u'], {}, ['t,1', 'u']],
    ['one for the second', ['--token-file=', '--token-file=u'], {}, [null, 'u']],
    ['one for all, in a variable', [], { TMUX_EXPORTER_TOKEN_FILE: 't' }, ['t', 't']],
    ['one for each, in a variable', [], { TMUX_EXPORTER_TOKEN_FILE: 't,u' }, ['t', 'u']],
  ])('have tokens of their own: %s', (_, flags, env, tokens) => {
    expect(read([`--url=${A},${B}`, ...flags], env).map(({ tokenFile }) => tokenFile)).toEqual(tokens);
  });

  it('keep the tokens of the environment when flags choose some of its URLs', () => {
    const env = { TMUX_EXPORTER_URL: `${A},${B}`, TMUX_EXPORTER_TOKEN_FILE: 't,u' };
    expect(read([`--url=${B}`], env)).toMatchObject([{ url: B, tokenFile: 'u' }]);
    expect(read([`--url=${B},${C}`], env).map(({ tokenFile }) => tokenFile)).toEqual(['u', null]);
  });

  it('have a path with commas in a variable, if there is only one exporter', () => {
    expect(read([`--url=${A}`], { TMUX_EXPORTER_CA_FILE: 'a,b' })).toMatchObject([{ caFile: 'a,b' }]);
  });

  it.each([
    [
      [`--url=${A},${B},${C}`, '--user=me', '--user=you'],
      {},
      '--user: expected one for all exporters, or one for each of the 3, found 2',
    ],
    [['--ca-file=a', '--ca-file=b'], {}, '--ca-file: expected one, found 2'],
    [[`--url=${A},${A}/`], {}, `--url: expected each exporter once, found ${A} again`],
    [
      [`--url=${A},`],
      {},
      '--url: expected a URL such as http://127.0.0.1:8689 or unix:/run/tmux-exporter.sock, found ""',
    ],
    [
      [],
      { TMUX_EXPORTER_URL: `${A},b` },
      'environment variable TMUX_EXPORTER_URL: expected a URL such as http://127.0.0.1:8689 or unix:/run/tmux-exporter.sock, found "b"',
    ],
    [
      [`--url=${A},${B}`, '--user=me', '--password-file=', '--password-file=p'],
      {},
      '--user: expected --password-file with it, found none',
    ],
  ])('are refused: %j %j', (flags, env, message) => {
    expect(() => read(flags, env as Record<string, string>)).toThrow(message);
  });

  it.each(['http://me:t0ken@a:x', 'htp://me:t0ken@a', 'me:t0ken@a', 'http://me:t0k@en@a:x'])(
    'have no password shown if their URL is refused: %s',
    (url) => {
      expect(() => read([], { TMUX_EXPORTER_URL: url })).toThrow(/, found "([a-z]+:\/\/)?…@a(:x)?"$/);
    },
  );

  it.each([
    [[`--url=${A},${B}`, '--token-file=t', '--user=', '--user=me', '--password-file=', '--password-file=p']],
    [[`--url=${A}`, '--cert-file=c', '--key-file=k']],
    [[`--url=${A},${B}`]],
  ])('are the same for a command that gets them as flags: %j', (flags) => {
    const exporters = read(flags);
    expect(read(accessFlags(exporters))).toEqual(exporters);
  });

  it('stay in the environment, all of them, if the URL of one holds a password', () => {
    const env = { TMUX_EXPORTER_URL: `http://me:secret@a:1,${B}`, TMUX_EXPORTER_TOKEN_FILE: ',u' };
    const flags = accessFlags(read([], env));
    expect(flags).toEqual(['--token-file=', '--token-file=u']);
    expect(read(flags, env)).toEqual(read([], env));
  });
});

describe('The exporter of a command that speaks to one', () => {
  it('is refused if there are several', () => {
    const message = 'environment variable TMUX_EXPORTER_URL: expected one exporter, found 2: choose one with --url';
    const env = { TMUX_EXPORTER_URL: `${A},${B}` };
    expect(() => readExporter(commandOf([]), { env })).toThrow(message);
    expect(readExporter(commandOf([`--url=${A}`]), { env })).toMatchObject({ url: A });
  });
});
