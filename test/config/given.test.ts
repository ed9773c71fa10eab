import { describe, expect, it } from '@jest/globals';
import { checkGiven, checkNames, optionsFromEnvironment, optionsFromFlags } from '../../src/config/given.ts';
import { formatProblems } from '../../src/config/problem.ts';
import { LEAVES } from '../../src/config/schema.ts';

function fromEnvironment(environment: Record<string, string>) {
  return optionsFromEnvironment(LEAVES, environment).map(({ leaf, value }) => [leaf.path.join('.'), value]);
}

describe('environment variables', () => {
  it('are read into the form that the file uses', () => {
    expect(
      fromEnvironment({
        TMUX_EXPORTER_TMUX_DISCOVER: 'false',
        TMUX_EXPORTER_POLL_TIMEOUT: '3s',
        TMUX_EXPORTER_POLL_CONCURRENCY: '4',
      }),
    ).toEqual([
      ['tmux.discover', false],
      ['poll.timeout', '3s'],
      ['poll.concurrency', 4],
    ]);
  });

  it('separate the items of a list by commas', () => {
    expect(fromEnvironment({ TMUX_EXPORTER_WEB_ALLOWED_HOSTS: 'a, b,,' })).toEqual([['web.allowed_hosts', ['a', 'b']]]);
  });

  it('name servers by name, by path, or by both', () => {
    expect(fromEnvironment({ TMUX_EXPORTER_TMUX_SERVER: 'work,/a=b,ci=/c=d' })).toEqual([
      ['servers', [{ name: 'work' }, { socket: '/a=b' }, { name: 'ci', socket: '/c=d' }]],
    ]);
  });

  it('give nothing if they are empty', () => {
    expect(fromEnvironment({ TMUX_EXPORTER_POLL_TIMEOUT: '' })).toEqual([]);
  });

  it.each([
    ['TMUX_EXPORTER_POLL_CONCURRENCY', '08x', 'expected a whole number, 1 to 64, found "08x"'],
    ['TMUX_EXPORTER_POLL_CONCURRENCY', '65', 'expected a whole number, 1 to 64, found 65'],
    ['TMUX_EXPORTER_TMUX_DISCOVER', 'yes', 'expected true or false, found "yes"'],
    ['TMUX_EXPORTER_TMUX_SERVER', 'a=b', 'expected the absolute path of a socket, at most 107 bytes, found "b"'],
    ['TMUX_EXPORTER_BUS_PASSWORD_FILE', 's3cret', 'expected an absolute path, found something else (it may be secret)'],
    ['TMUX_EXPORTER_WEB_ALLOWED_HOSTS', 'a,b:1', 'expected a host name or IP address without a port, found "b:1"'],
  ])('are reported by name: %s=%s', (name, value, message) => {
    const problems = checkGiven(optionsFromEnvironment(LEAVES, { [name]: value }), LEAVES);
    expect(formatProblems(problems)).toBe(
      `1 problem in the configuration:\n  environment variable ${name}: ${message}`,
    );
  });
});

describe('flags', () => {
  it('are reported by name', () => {
    const problems = checkGiven(optionsFromFlags(LEAVES, { 'web.listenAddress': 'here' }), LEAVES);
    expect(formatProblems(problems)).toContain(
      'flag --web.listen-address: expected an address such as 127.0.0.1:8689, [::1]:8689, unix:/run/tmux-exporter.sock, or :8689 for every interface, found "here"',
    );
  });

  it('are read item by item if they are repeated; commas do not separate', () => {
    const [given] = optionsFromFlags(LEAVES, { 'tmux.server': ['a', '/b,c'] });
    expect(given?.value).toEqual([{ name: 'a' }, { socket: '/b,c' }]);
  });

  it('of other parts of the program are ignored', () => {
    expect(optionsFromFlags(LEAVES, { json: true })).toEqual([]);
  });
});

describe('the name of a variable', () => {
  const known = LEAVES.map((leaf) => leaf.environment);

  it.each(['TMUX_EXPORTER_POLL_TIMOUT', 'TMUX_EXPORTER_POLLTIMEOUT', 'TMUX_EXPORTER_POLL_TIMEOUTS'])(
    'that is all but an option is a problem: %s',
    (name) => {
      expect(formatProblems(checkNames(known, { [name]: '2s' }))).toContain(
        `environment variable ${name}: unknown variable, did you mean TMUX_EXPORTER_POLL_TIMEOUT?`,
      );
    },
  );

  it.each(['TMUX_EXPORTER_PORT', 'TMUX_EXPORTER_SERVICE_HOST', 'TMUX_EXPORTER_PORT_8689_TCP_ADDR', 'TMUX'])(
    'that something else set is none: %s',
    (name) => {
      expect(checkNames(known, { [name]: 'x' })).toEqual([]);
    },
  );
});
