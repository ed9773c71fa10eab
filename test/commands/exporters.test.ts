import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addAccessOptions } from '../../src/commands/access-options.ts';
import { readExporter, readExporters } from '../../src/commands/exporters.ts';
import type { ReadFile } from '../../src/core/file.ts';

const [A, B, C] = ['http://a:1', 'https://b:2', 'unix:/c'];

function commandOf(flags: readonly string[]): Command {
  return addAccessOptions(new Command().exitOverride(), 'several').parse([...flags], { from: 'user' });
}

const FILE = '/home/me/.config/tmux-exporter/client.yml';

/** The surroundings of a command, with some files. */
function terminalOf(env: Record<string, string> = {}, files: Record<string, string> = {}, mode = 0o600) {
  const readFile: ReadFile = async (path) => {
    const text = files[path];
    return text === undefined
      ? { kind: 'unreadable', problem: 'does not exist (ENOENT)' }
      : { kind: 'read', text, mode };
  };
  return { env, configFolders: ['/home/me/.config', '/etc'], environment: { readFile } };
}

async function read(flags: readonly string[], env: Record<string, string> = {}, file?: string) {
  const terminal = terminalOf(env, file === undefined ? {} : { [FILE]: file });
  return (await readExporters(commandOf(flags), terminal)).exporters;
}

async function flagsOf(flags: readonly string[], env: Record<string, string> = {}, file?: string) {
  const terminal = terminalOf(env, file === undefined ? {} : { [FILE]: file });
  return (await readExporters(commandOf(flags), terminal)).flags;
}

describe('The exporters of a command', () => {
  it.each([
    ['by repeated flags', [`--url=${A}`, '--url', B], {}],
    ['by one flag', [`--url=${A},${B}`], {}],
    ['by the environment', [], { TMUX_EXPORTER_URL: `${A}, ${B}` }],
    ['by flags, which replace the environment', [`--url=${A},${B}`], { TMUX_EXPORTER_URL: C }],
  ])('are given %s', async (_, flags, env) => {
    expect((await read(flags, env)).map(({ url }) => url)).toEqual([A, B]);
  });

  it('are the local one if none is given', async () => {
    expect(await read([])).toMatchObject([{ url: 'http://127.0.0.1:8689', tokenFile: null }]);
  });

  it.each([
    ['one for all', ['--token-file=t'], {}, ['t', 't']],
    ['one for each', ['--token-file=t,1', '--token-file=u'], {}, ['t,1', 'u']],
    ['one for the second', ['--token-file=', '--token-file=u'], {}, [null, 'u']],
    ['one for all, in a variable', [], { TMUX_EXPORTER_TOKEN_FILE: 't' }, ['t', 't']],
    ['one for each, in a variable', [], { TMUX_EXPORTER_TOKEN_FILE: 't,u' }, ['t', 'u']],
  ])('have tokens of their own: %s', async (_, flags, env, tokens) => {
    expect((await read([`--url=${A},${B}`, ...flags], env)).map(({ tokenFile }) => tokenFile)).toEqual(tokens);
  });

  it('keep the tokens of the environment when flags choose some of its URLs', async () => {
    const env = { TMUX_EXPORTER_URL: `${A},${B}`, TMUX_EXPORTER_TOKEN_FILE: 't,u' };
    expect(await read([`--url=${B}`], env)).toMatchObject([{ url: B, tokenFile: 'u' }]);
    expect((await read([`--url=${B},${C}`], env)).map(({ tokenFile }) => tokenFile)).toEqual(['u', null]);
  });

  it.each([
    ['in flags', [`--url=http://me:p,w@a:1,${B}`, '--url', C], {}],
    ['in a variable', [], { TMUX_EXPORTER_URL: `http://me:p,w@a:1, ${B}, ${C}` }],
  ])('have passwords with commas, %s', async (_, flags, env) => {
    expect((await read(flags, env)).map(({ url }) => url)).toEqual(['http://me:p,w@a:1', B, C]);
  });

  it('log in by the password of a flag, not by the token of a variable', async () => {
    const env = { TMUX_EXPORTER_TOKEN_FILE: 't' };
    expect(await read(['--user=me', '--password-file=p'], env)).toMatchObject([{ tokenFile: null, user: 'me' }]);
    expect(await read(['--token-file=u'], env)).toMatchObject([{ tokenFile: 'u' }]);
  });

  it('have a path with commas in a variable, if there is only one exporter', async () => {
    expect(await read([`--url=${A}`], { TMUX_EXPORTER_CA_FILE: 'a,b' })).toMatchObject([{ caFile: 'a,b' }]);
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
      `--url: expected a URL such as http://127.0.0.1:8689 or unix:/run/tmux-exporter.sock, without query, fragment and port 0, found "${A},"`,
    ],
    [
      [],
      { TMUX_EXPORTER_URL: `${A},b` },
      'environment variable TMUX_EXPORTER_URL: expected a URL such as http://127.0.0.1:8689 or unix:/run/tmux-exporter.sock, without query, fragment and port 0, found "http://a:1,b"',
    ],
    [
      ['--url=http://a,b'],
      {},
      '--url: expected a URL such as http://127.0.0.1:8689 or unix:/run/tmux-exporter.sock, without query, fragment and port 0, found "http://a,b"',
    ],
    [
      ['--url=http://a\nb'],
      {},
      '--url: expected a URL such as http://127.0.0.1:8689 or unix:/run/tmux-exporter.sock, without query, fragment and port 0, found',
    ],
    [
      [`--url=${A},${B}`, '--user=me', '--password-file=', '--password-file=p'],
      {},
      '--user: expected --password-file with it, found none',
    ],
  ])('are refused: %j %j', async (flags, env, message) => {
    await expect(read(flags, env as Record<string, string>)).rejects.toThrow(message);
  });

  it.each(['http://a:0', 'https://a:00', 'http://[::1]:0/', 'http://a/?b=c', 'http://a/#b', 'http://a/?', ''])(
    'are refused: the URL %j',
    async (url) => {
      const found = `found ${JSON.stringify(url)}`;
      await expect(read(['--url', url])).rejects.toThrow(`--url: expected a URL such as http://127.0.0.1:8689 or`);
      await expect(read(['--url', url])).rejects.toThrow(found);
      await expect(read([`--url=${A}`, '--url', url])).rejects.toThrow(found);
    },
  );

  it('are those of the file if the variable is empty', async () => {
    const file = `exporters: [{url: '${A}'}]`;
    expect(await read([], { TMUX_EXPORTER_URL: '' }, file)).toMatchObject([{ url: A }]);
  });

  it.each(['http://me:t0ken@a:x', 'htp://me:t0ken@a', 'me:t0ken@a', 'http://me:t0k@en@a:x'])(
    'have no password shown if their URL is refused: %s',
    async (url) => {
      await expect(read([], { TMUX_EXPORTER_URL: url })).rejects.toThrow(/, found "([a-z]+:\/\/)?…@a(:x)?"$/);
    },
  );

  it.each([
    [[`--url=${A},${B}`, '--token-file=t', '--user=', '--user=me', '--password-file=', '--password-file=p']],
    [[`--url=${A}`, '--cert-file=c', '--key-file=k']],
    [[`--url=${A},${B}`]],
  ])('are the same for a command that gets them as flags: %j', async (flags) => {
    expect(await read(await flagsOf(flags))).toEqual(await read(flags));
  });

  it('stay in the environment, all of them, if the URL of one holds a password', async () => {
    const env = { TMUX_EXPORTER_URL: `http://me:secret@a:1,${B}`, TMUX_EXPORTER_TOKEN_FILE: ',u' };
    const flags = await flagsOf([], env);
    expect(flags).toEqual(['--token-file=', '--token-file=u']);
    expect(await read(flags, env)).toEqual(await read([], env));
  });
});

describe('The exporter of a command that speaks to one', () => {
  it('is refused if there are several', async () => {
    const message = 'environment variable TMUX_EXPORTER_URL: expected one exporter, found 2: choose one with --url';
    const env = { TMUX_EXPORTER_URL: `${A},${B}` };
    await expect(readExporter(commandOf([]), terminalOf(env))).rejects.toThrow(message);
    expect(await readExporter(commandOf([`--url=${A}`]), terminalOf(env))).toMatchObject({ url: A });
  });
});

describe('The client configuration file', () => {
  const TWO = `exporters:
  - url: ${A}
    token_file: a.token
    ca_file: /ca.pem
  - url: ${B}
    user: me
    password_file: b.password
`;
  const FOLDER = '/home/me/.config/tmux-exporter';

  it('names the exporters and how to log in; paths are relative to its folder', async () => {
    const none = { tokenFile: null, user: null, passwordFile: null, caFile: null, certFile: null, keyFile: null };
    expect(await read([], {}, TWO)).toEqual([
      { ...none, url: A, tokenFile: `${FOLDER}/a.token`, caFile: '/ca.pem' },
      { ...none, url: B, user: 'me', passwordFile: `${FOLDER}/b.password` },
    ]);
  });

  it('is weaker than the environment, which is weaker than flags', async () => {
    const env = { TMUX_EXPORTER_URL: `${B},${C}`, TMUX_EXPORTER_CA_FILE: 'e' };
    expect((await read([], env, TWO)).map(({ url, caFile }) => [url, caFile])).toEqual([
      [B, 'e'],
      [C, 'e'],
    ]);
    expect(await read([`--url=${A}`, '--ca-file=f'], env, TWO)).toMatchObject([{ url: A, caFile: 'f' }]);
  });

  it('completes what flags and environment say of its exporters, and of no other', async () => {
    expect(await read([`--url=${A}/,${C}`], {}, TWO)).toMatchObject([
      { url: A, tokenFile: `${FOLDER}/a.token` },
      { url: C, tokenFile: null, caFile: null },
    ]);
  });

  it.each([
    ['a token', ['--token-file=t'], { tokenFile: 't', user: null, passwordFile: null }],
    ['a password', ['--user=you', '--password-file=p'], { tokenFile: null, user: 'you', passwordFile: 'p' }],
  ])('gives no login if a flag gives %s', async (_, flags, login) => {
    const exporters = await read(flags, {}, TWO);
    expect(exporters).toMatchObject([
      { url: A, ...login },
      { url: B, ...login },
    ]);
  });

  it('may hold passwords in its URLs, which no flag repeats', async () => {
    const file = `exporters: [{url: 'http://me:p,w@a:1'}, {url: '${B}'}]`;
    const exporters = await read([], {}, file);
    expect(exporters).toMatchObject([{ url: 'http://me:p,w@a:1' }, { url: B }]);
    const flags = await flagsOf([], {}, file);
    expect(flags).toEqual([`--url=${A}`, `--url=${B}`]);
    expect(await read(flags, {}, file)).toEqual(exporters);
    expect(await read([`--url=${A}`, '--token-file=t'], {}, file)).toMatchObject([{ url: A, tokenFile: 't' }]);
    expect(await read(['--url=http://you:x@a:1'], {}, file)).toMatchObject([{ url: 'http://you:x@a:1' }]);
  });

  it.each([
    ['a flag', ['--client-file=/c.yml'], {}],
    ['the environment', [], { TMUX_EXPORTER_CLIENT_FILE: '/c.yml' }],
  ])('can be named by %s', async (_, given, env) => {
    const terminal = terminalOf(env, { '/c.yml': `exporters: [{url: '${C}'}]`, [FILE]: TWO });
    const { exporters, flags } = await readExporters(commandOf(given), terminal);
    expect(exporters).toMatchObject([{ url: C }]);
    expect(flags).toEqual([...given, `--url=${C}`]);
    await expect(readExporters(commandOf(given), terminalOf(env))).rejects.toThrow('/c.yml does not exist (ENOENT)');
  });

  it('of the user comes before that of the machine', async () => {
    const files = { '/etc/tmux-exporter/client.yml': `exporters: [{url: '${C}'}]` };
    expect((await readExporters(commandOf([]), terminalOf({}, files))).exporters).toMatchObject([{ url: C }]);
    const both = terminalOf({}, { ...files, [FILE]: 'exporters: []' });
    expect((await readExporters(commandOf([]), both)).exporters).toMatchObject([{ url: 'http://127.0.0.1:8689' }]);
  });

  it('is refused as a whole, with the place of each problem and without secrets', async () => {
    const file = `exporter: []
exporters:
  - url: ftp://me:s3cret@a
    tokenfile: x
  - token_file: t
    user: u
  - url: http://me:s3cret@b
    token_file: t
  - url: http://b/
    key_file: k
`;
    const places = [
      '1:1: exporter: unknown key, did you mean "exporters"?',
      '3:10: exporters[0].url: expected a URL such as http://127.0.0.1:8689 or unix:/run/tmux-exporter.sock, without query, fragment and port 0, found something else (it is secret)',
      '4:5: exporters[0].tokenfile: unknown key, did you mean "token_file"?',
      '5:5: exporters[1].url: expected a URL, found nothing',
      '5:5: exporters[1]: expected one login: token_file, or user and password_file, or a user and a password in the URL, found a mapping',
      '5:5: exporters[1].password_file: expected user and password_file together, found nothing',
      '7:5: exporters[2]: expected one login: token_file, or user and password_file, or a user and a password in the URL, found a mapping',
      '9:5: exporters[3].cert_file: expected cert_file and key_file together, found nothing',
    ];
    const lines = places.map((place) => `  ${FILE}:${place}`);
    const message = await read([], {}, file).catch((error: Error) => error.message);
    expect(message).toBe(['8 problems in the configuration:', ...lines].join('\n'));
  });

  it('names each exporter once', async () => {
    const file = `exporters: [{url: 'http://me:secret@b'}, {url: 'http://b/'}]`;
    await expect(read([], {}, file)).rejects.toThrow('exporters[1].url: expected each exporter once, found something');
  });

  it.each([
    [0o644, false, null],
    [0o664, false, `${FILE} has mode 0664, expected that only its owner can write it: run chmod go-w ${FILE}`],
    [0o640, true, null],
    [
      0o644,
      true,
      `${FILE} has mode 0644, expected 0600 or 0640, because a URL in it holds a password: run chmod 600 ${FILE}`,
    ],
  ])('of mode %o, with a password: %s, is refused: %s', async (mode, isSecret, message) => {
    const text = `exporters: [{url: '${isSecret ? 'http://me:secret@a' : A}'}]`;
    const reading = readExporters(commandOf([]), terminalOf({}, { [FILE]: text }, mode));
    if (message === null) await expect(reading).resolves.toMatchObject({ exporters: [{}] });
    else await expect(reading).rejects.toThrow(message);
  });
});
