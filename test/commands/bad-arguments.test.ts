import { describe, expect, it } from '@jest/globals';
import { refuseMisspeltVariables } from '../../src/commands/given-access.ts';
import { CONFIG_FILE, LEAVES } from '../../src/config/schema.ts';
import { eventVariables } from '../../src/follow/sink/exec.ts';
import { event } from '../follow/support/samples.ts';
import { cli } from '../support/daemon/daemon.ts';

/** Nothing listens here: a command that connects before it checks its arguments fails in another way. */
const NOBODY = { TMUX_EXPORTER_URL: 'http://127.0.0.1:1' };

const FOLLOWERS = [['watch'], ['shell-init', 'bash'], ['shell-follow']];
const BAD_FILTERS = [
  ['--type=server-dead', /^--type: expected one of server-registered, server-up, server-gone.*, found "server-dead"$/m],
  ['--type=server-gone,', /--type: expected one of .*, found ""/],
  ['--server=a b', /--server: expected the name of a server, or a pattern.*, found "a b"/],
  ['--severity=fatal', /Allowed choices are info, warning, critical/],
  [`--server=${Array.from({ length: 33 }, (_, index) => `s${index}`).join(',')}`, /expected at most 32, found 33/],
  ['--url=127.0.0.1:8689', /--url: expected a URL such as/],
] as const;

describe('Commands that follow the feed', () => {
  it.each(FOLLOWERS.flatMap((command) => BAD_FILTERS.map(([flag, message]) => [[...command, flag], message] as const)))(
    'refuse %j at once',
    async (words, message) => {
      const { code, stdout, stderr } = await cli(words, NOBODY);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(message);
    },
  );

  it('name the longest timeout of a command', async () => {
    const { code, stderr } = await cli(['watch', '--timeout=99999d'], NOBODY);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringContaining('Expected a duration such as 30s, at most 24d.'),
    });
  });

  it.each(['--since=yesterday', '--jobs=0', '--timeout=0'])('refuse %s at once', async (flag) => {
    expect(await cli(['watch', flag], NOBODY)).toMatchObject({ code: 2, stderr: expect.stringContaining('Expected') });
  });

  it('end with 1 if a file of the login cannot be used: watch', async () => {
    const login = ['--user=me', '--password-file=/none'];
    expect(await cli(['watch', '--token-file', '/none'], NOBODY)).toMatchObject({
      code: 1,
      stderr: '/none cannot be read (ENOENT)\n',
    });
    expect(await cli(['watch', ...login], NOBODY)).toMatchObject({ code: 1, stdout: '' });
  });

  it.each(['notifysend', '/none/notify-send', '/tmp'])('refuse --exec %s at once', async (program) => {
    const { code, stdout, stderr } = await cli(['watch', '--exec', program, 'hello'], NOBODY);
    const message = `--exec: expected a program in PATH, or the path of one, found "${program}"\n`;
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: message });
  });
});

describe('Commands that speak to a running exporter', () => {
  it.each([
    ['servers', 'list'],
    ['servers', 'add', 'work', '/tmp/work'],
    ['servers', 'remove', 'work'],
    ['webhook', 'queue'],
    ['webhook', 'dead'],
    ['webhook', 'replay', 'all'],
  ])('%s %s end with 2 for an address that is none, and with 1 for one that nobody answers', async (...words) => {
    const bad = await cli([...words, '--url', 'localhost:8689']);
    expect(bad).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('--url: expected a URL') });
    const variable = await cli(words, { TMUX_EXPORTER_URL: 'nowhere' });
    const stderr = expect.stringContaining('environment variable TMUX_EXPORTER_URL: expected a URL');
    expect(variable).toMatchObject({ code: 2, stdout: '', stderr });
    expect(await cli(words, NOBODY)).toMatchObject({ code: 1, stderr: expect.stringContaining('no exporter answers') });
  });

  it.each([[['servers', 'list']], [['watch']]])('%j refuses a misspelt variable', async (words) => {
    const stderr = 'environment variable TMUX_EXPORTER_ULR: unknown variable, did you mean TMUX_EXPORTER_URL?\n';
    expect(await cli(words, { TMUX_EXPORTER_ULR: 'http://build7:8689' })).toEqual({ code: 2, stdout: '', stderr });
  });

  it('take no variable of the daemon, of an event or of Kubernetes for a misspelt one', () => {
    const env = Object.fromEntries(LEAVES.map(({ environment }) => [environment, 'x']));
    const kubernetes = { TMUX_EXPORTER_PORT: 'x', TMUX_EXPORTER_SERVICE_HOST: 'x', TMUX_EXPORTER_SERVICE_PORT: 'x' };
    const others = { [CONFIG_FILE.environment]: 'x', ...eventVariables(event('alert', null)), ...kubernetes };
    expect(() => refuseMisspeltVariables({ ...env, ...others })).not.toThrow();
  });

  it('end with 1 for a file of a token that is missing, and say no more than that', async () => {
    const { code, stderr } = await cli(['servers', 'list', '--token-file', '/none'], NOBODY);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '/none cannot be read (ENOENT)\n' });
  });

  it.each([
    [['add', 'no good', '/tmp/x'], '"no good" is not a server name'],
    [
      ['add', 'work', 'relative'],
      'socket: expected the absolute path of a socket, at most 107 bytes, found "relative"',
    ],
    [['remove', ''], '"" is not a server name'],
  ])('servers %j is refused at once', async (words, message) => {
    const { code, stderr } = await cli(['servers', ...words], NOBODY);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
  });
});

describe('The program', () => {
  it('suggests its own flag for a misspelt one', async () => {
    expect(await cli(['--versoin'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'unknown option "--versoin": did you mean "--version"?\n',
    });
  });
});

describe('The default command', () => {
  it.each([
    [['--log.level', 'debug', 'watch'], 'found "watch": a command comes before flags and --'],
    [['serve', 'watch'], 'found "watch": a command comes before flags and --'],
    [['--', '--help'], 'found "--help": flags come before --'],
    [['serve', '--', 'wach'], 'unknown command "wach": did you mean "watch"?'],
  ])('takes no words, and starts nothing for %j', async (words, message) => {
    const { code, stdout, stderr } = await cli(words);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(message) });
  });
});
