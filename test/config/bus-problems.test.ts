import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/file/load.ts';
import { formatProblems } from '../../src/config/problem.ts';

const NONEXISTENT = { flags: {}, env: { TMUX_EXPORTER_CONFIG_FILE: 'c.yaml' } };

describe('The bus of a configuration', () => {
  it.each([
    ['servers: [nats://127.0.0.1:4222]', [{ isSecure: false, host: '127.0.0.1', port: 4222 }]],
    ['servers: ["nats://[::1]"]', [{ isSecure: false, host: '::1', port: 4222 }]],
    ['servers: [tls://n1.example.org:4223]', [{ isSecure: true, host: 'n1.example.org', port: 4223 }]],
    ['servers: [nats://n1], insecure: true', [{ isSecure: false, host: 'n1', port: 4222 }]],
  ])('may be {%s}', (text, servers) => {
    const result = load(text);
    expect(result.kind === 'loaded' && result.config.bus.servers).toEqual(servers);
  });

  it.each([
    ['servers: [nats://n1:4222]', 'bus.servers: expected tls:// for a server that is not on loopback, or bus.insecure'],
    ['servers: [nats://127.0.0.1, tls://n1]', 'bus.servers: expected tls:// for all servers or none, found both'],
    ['servers: [tls://10.0.0.1]', 'bus.servers: expected a host name that the certificate of the server holds'],
    ['servers: ["tls://[::1]"]', 'found the address ::1'],
    ['servers: [http://n1]', 'bus.servers[0]: expected a URL such as tls://'],
    ['servers: [nats://me:secret@127.0.0.1]', 'bus.servers[0]: expected a URL such as tls://'],
    ['servers: [nats://127.0.0.1], tls: {ca_file: /ca}', 'bus.servers: expected tls:// because bus.tls is given'],
    ['servers: [tls://n1], tls: {key_file: /key}', 'bus.tls: expected cert_file and key_file together, found key_file'],
    [
      'nkey_file: /a, creds_file: /b',
      'expected one of nkey_file, creds_file and username, found nkey_file and creds_file',
    ],
    ['username: me', 'bus.password_file: expected the file of the password, found none'],
    ['password_file: /a', 'bus.username: expected a user name for password_file, found none'],
    ['prefix: a.b', 'bus.prefix: expected one word'],
  ])('is refused as {%s}', (text, problem) => {
    const result = load(text);
    expect(result.kind === 'invalid' && formatProblems(result.problems)).toContain(problem);
  });

  it.each([
    ['nats://me:secret@127.0.0.1', 'nats://…@127.0.0.1'],
    ['nats://me:se/cr@et@127.0.0.1', 'nats://…@127.0.0.1'],
    ['secret@127.0.0.1', 'secret@127.0.0.1'],
    ['me:secret@127.0.0.1:4222', '…@127.0.0.1:4222'],
  ])('is refused without the login of %s', (url, found) => {
    const expected =
      'a URL such as tls://n1.example.org:4222, or nats://127.0.0.1:4222 on loopback, without a user name';
    expect(problemsOf({ 'bus.servers': [url] })).toContain(`--bus.servers: expected ${expected}, found "${found}"`);
  });

  it.each(['fleet.advertise', 'web.externalUrl'])('nor is the password of %s shown', (flag) => {
    const problems = problemsOf({ [flag]: 'http://me:secret@build7:8689/' });
    expect(problems).toContain('found "http://…@build7:8689/"');
    expect(problems).not.toContain('secret');
  });

  function problemsOf(flags: Readonly<Record<string, unknown>>): string {
    const result = loadConfig({ flags, env: {}, readFile: () => '' });
    return result.kind === 'invalid' ? formatProblems(result.problems) : 'none';
  }

  it('is refused at the flag that does not go with the file', () => {
    const flags = { 'bus.servers': ['nats://n1'] };
    const result = loadConfig({ flags, env: {}, readFile: () => '' });
    expect(result.kind === 'invalid' && formatProblems(result.problems)).toContain('--bus.servers: expected');
  });

  function load(text: string) {
    return loadConfig({ ...NONEXISTENT, readFile: () => `bus: {${text}}` });
  }
});

describe('The hub of a configuration', () => {
  it('reads the bus', () => {
    const result = load('hub: {enabled: true}\nbus: {servers: [tls://n1]}');
    expect(result.kind === 'loaded' && result.config.hub).toEqual({
      enabled: true,
      history: 50_000,
      silentAfterMs: 180_000,
      forgetAfterMs: 604_800_000,
    });
  });

  it.each([
    [
      'enabled: true',
      'c.yaml:1:16: hub.enabled: expected bus.servers too, such as tls://n1.example.org:4222, because a hub reads',
    ],
    ['silent_after: 1h, forget_after: 1h', 'hub.forget_after: expected more than hub.silent_after (1h), found 1h'],
    ['history: 0', 'hub.history: expected a whole number, 1 to 1000000, found 0'],
    ['silent_after: 500ms', 'hub.silent_after: expected a duration such as 90s or 1h30m, 1s to 1d, found "500ms"'],
    ['forget_after: never', 'hub.forget_after: expected a duration such as 90s or 1h30m, 1m to 365d, found "never"'],
  ])('is refused as {%s}', (text, problem) => {
    const result = load(`hub: {${text}}`);
    expect(result.kind === 'invalid' && formatProblems(result.problems)).toContain(problem);
  });

  it('is refused at the flag that demands a bus', () => {
    const result = loadConfig({ flags: { 'hub.enabled': true }, env: {}, readFile: () => '' });
    expect(result.kind === 'invalid' && formatProblems(result.problems)).toContain(
      '--hub.enabled: expected bus.servers too',
    );
  });

  function load(text: string) {
    return loadConfig({ ...NONEXISTENT, readFile: () => text });
  }
});
