import { describe, expect, it } from '@jest/globals';
import { type ConfigSources, type LoadResult, loadConfig } from '../../../src/config/file/load.ts';
import { formatProblems } from '../../../src/config/problem.ts';
import type { Config } from '../../../src/config/schema.ts';

function load(sources: Partial<Omit<ConfigSources, 'readFile'>> & { file?: string }): LoadResult {
  const { flags = {}, env = {}, file } = sources;
  const named = file === undefined ? flags : { 'config.file': 'c.yaml', ...flags };
  return loadConfig({ flags: named, env, readFile: () => file ?? '' });
}

function loaded(result: LoadResult): Config {
  if (result.kind === 'invalid') throw new Error(formatProblems(result.problems));
  return result.config;
}

function failure(result: LoadResult): string {
  return result.kind === 'invalid' ? formatProblems(result.problems) : 'loaded';
}

describe('the sources of the configuration', () => {
  it('may all be missing', () => {
    expect(loadConfig({ flags: {}, env: {}, readFile: unreadable })).toMatchObject({ kind: 'loaded', file: null });
  });

  it('are flags, environment and file, in this order', () => {
    const { poll } = loaded(
      load({
        file: 'poll: {timeout: 1s, concurrency: 1, schedule: "1 * * * *"}',
        env: { TMUX_EXPORTER_POLL_TIMEOUT: '2s', TMUX_EXPORTER_POLL_CONCURRENCY: '2' },
        flags: { 'poll.timeout': '3s' },
      }),
    );
    expect(poll).toMatchObject({ timeoutMs: 3_000, concurrency: 2, schedule: '1 * * * *' });
  });

  it('can turn an option off that a weaker one turned on, and on again', () => {
    const env = { TMUX_EXPORTER_WEB_INSECURE: 'false' };
    const file = 'web: {insecure: true}';
    expect(loaded(load({ file, env })).web.insecure).toBe(false);
    expect(loaded(load({ file, env, flags: { 'web.insecure': true } })).web.insecure).toBe(true);
  });

  it('replace a list as a whole', () => {
    const file = 'servers: [{name: a}, {name: b}]';
    expect(loaded(load({ file, flags: { 'tmux.server': ['c'] } })).servers).toEqual([{ kind: 'name', name: 'c' }]);
  });

  it('fill a section that the file leaves empty', () => {
    expect(loaded(load({ file: 'poll:\n', flags: { 'poll.timeout': '3s' } })).poll.timeoutMs).toBe(3_000);
  });
});

describe('the default files', () => {
  const missing = Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT' });

  function loadDefault(
    files: Readonly<Record<string, string | Error>>,
    named: Partial<ConfigSources> = {},
  ): LoadResult {
    const readFile = (path: string): string => {
      const found = files[path] ?? missing;
      if (typeof found === 'string') return found;
      throw found;
    };
    return loadConfig({ flags: {}, env: {}, readFile, defaultFiles: ['/home/me.yml', '/etc/all.yml'], ...named });
  }

  it('are read if no file is named, the first that exists alone', () => {
    const both = { '/home/me.yml': 'poll: {timeout: 3s}', '/etc/all.yml': 'poll: {concurrency: 2}' };
    const result = loadDefault(both);
    expect(result).toMatchObject({ kind: 'loaded', file: '/home/me.yml' });
    expect(loaded(result).poll).toMatchObject({ timeoutMs: 3_000, concurrency: 8 });
    expect(loadDefault({ '/etc/all.yml': '' })).toMatchObject({ kind: 'loaded', file: '/etc/all.yml' });
    expect(loadDefault({})).toMatchObject({ kind: 'loaded', file: null });
  });

  it('are not read if a flag or the environment names another one', () => {
    const files = { '/home/me.yml': 'poll: {timeout: 3s}', 'own.yml': '' };
    expect(loadDefault(files, { flags: { 'config.file': 'own.yml' } })).toMatchObject({ file: 'own.yml' });
    expect(loadDefault(files, { env: { TMUX_EXPORTER_CONFIG_FILE: 'own.yml' } })).toMatchObject({ file: 'own.yml' });
  });

  it('that exist and cannot be used are not passed over', () => {
    const refused = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    expect(failure(loadDefault({ '/home/me.yml': refused, '/etc/all.yml': '' }))).toBe(
      '1 problem in the configuration:\n  /home/me.yml: cannot read the configuration file: EACCES: permission denied',
    );
    expect(failure(loadDefault({ '/home/me.yml': 'pol: 1', '/etc/all.yml': '' }))).toContain('/home/me.yml:1:1: pol:');
  });
});

describe('the configuration file', () => {
  it('is named by the flag before the environment', () => {
    const names: string[] = [];
    const readFile = (path: string) => String(names.push(path) && '');
    const env = { TMUX_EXPORTER_CONFIG_FILE: 'env.yaml' };
    loadConfig({ flags: {}, env, readFile });
    const result = loadConfig({ flags: { 'config.file': 'flag.yaml' }, env, readFile });
    expect(names).toEqual(['env.yaml', 'flag.yaml']);
    expect(result).toMatchObject({ file: 'flag.yaml' });
  });

  it('must be readable: the message says what named it', () => {
    const env = { TMUX_EXPORTER_CONFIG_FILE: 'c.yaml' };
    expect(failure(loadConfig({ flags: {}, env, readFile: unreadable }))).toBe(
      "1 problem in the configuration:\n  environment variable TMUX_EXPORTER_CONFIG_FILE: cannot read the configuration file: ENOENT: no such file or directory, open 'c.yaml'",
    );
  });
});

describe('the problems of a configuration', () => {
  it('include a flag that names no file', () => {
    expect(failure(loadConfig({ flags: { 'config.file': '' }, env: {}, readFile: unreadable }))).toBe(
      '1 problem in the configuration:\n  flag --config.file: expected the path of a file, found ""',
    );
  });

  it('include a token that allows nothing', () => {
    const text = 'web: {tokens: [{file: /etc/token, scopes: []}]}';
    expect(failure(loadConfig({ flags: { 'config.file': '/c' }, env: {}, readFile: () => text }))).toContain(
      'web.tokens[0].scopes: expected a list with at least one entry',
    );
  });

  it.each([
    ['alertmanagers: [{name: am, url:http://a/t0ken}]', 'alertmanagers[0]["url…"]: unknown key'],
    ['webhooks: [{name: a, url: http://a/, headers: {Authorization:Bearer t0ken: x}}]', '["Authorization…"]: expected'],
    ['web: {tokens: [{name=t0ken: x}]}', 'web.tokens[0]["name…"]: unknown key'],
  ])('show no value that became part of its key for want of a space: %s', (text, shown) => {
    const result = loadConfig({ flags: { 'config.file': '/c' }, env: {}, readFile: () => text });
    const problems = result.kind === 'invalid' ? formatProblems(result.problems) : '';
    expect(problems).toContain(shown);
    expect(problems).not.toContain('t0ken');
  });

  it('are reported all at once, from all sources', () => {
    const result = load({
      file: 'poll:\n  timeout: 2\nlog:\n  levle: info\n',
      env: { TMUX_EXPORTER_POLL_CONCURRENCY: 'x', TMUX_EXPORTER_LOG_LEVLE: 'info' },
      flags: { 'tmux.server': ['a b', 'c'] },
    });
    expect(failure(result)).toBe(
      [
        '5 problems in the configuration:',
        '  c.yaml:2:12: poll.timeout: expected a duration such as 90s or 1h30m, 10ms to 1h, found 2',
        '  c.yaml:4:3: log.levle: unknown key, did you mean "level"?',
        '  environment variable TMUX_EXPORTER_LOG_LEVLE: unknown variable, did you mean TMUX_EXPORTER_LOG_LEVEL?',
        '  environment variable TMUX_EXPORTER_POLL_CONCURRENCY: expected a whole number, 1 to 64, found "x"',
        '  flag --tmux.server: expected a server name: 1 to 64 of A-Z a-z 0-9 _ . @ + -, optionally after "user/", found "a b"',
      ].join('\n'),
    );
  });

  it('remain if a stronger source overrides the value', () => {
    const flags = { 'poll.timeout': '3s' };
    expect(failure(load({ file: 'poll: {timeout: soon}', flags }))).toContain('c.yaml:1:17: poll.timeout');
  });

  it('contain source, path, and what was expected and found, as data', () => {
    expect(load({ flags: { 'tmux.server': ['a', 'b=c'] } })).toEqual({
      kind: 'invalid',
      problems: [
        {
          kind: 'bad_value',
          source: { kind: 'flag', name: '--tmux.server' },
          path: ['servers', 1, 'socket'],
          expected: 'the absolute path of a socket, at most 107 bytes',
          found: '"c"',
        },
      ],
    });
  });
});

function unreadable(path: string): string {
  throw new Error(`ENOENT: no such file or directory, open '${path}'`);
}
