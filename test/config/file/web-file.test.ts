import { describe, expect, it } from '@jest/globals';
import { readWebFile, type WebFile } from '../../../src/config/file/web-file.ts';
import { formatProblems } from '../../../src/config/problem.ts';

const HASH = `$2y$10$${'a'.repeat(53)}`;

function read(text: string): WebFile {
  const reading = readWebFile('/etc/exporter/web.yml', text);
  if (reading.kind === 'invalid') throw new Error(formatProblems(reading.problems));
  return reading.file;
}

function problemsOf(text: string): string[] {
  const reading = readWebFile('web.yml', text);
  return reading.kind === 'read' ? [] : formatProblems(reading.problems).split('\n').slice(1);
}

describe('A web config file', () => {
  it.each(['', '# nothing\n', 'tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n', '{}'])(
    'that says nothing is plain HTTP for everybody: %j',
    (text) => {
      expect(read(text)).toEqual({ tls: null, headers: {}, users: new Map(), rateLimit: null });
    },
  );

  it('has paths relative to its folder, and the defaults of the toolkit', () => {
    const { tls } = read('tls_server_config: {cert_file: certs/a.pem, key_file: /keys/a.key}');
    expect(tls).toEqual({
      cert: { kind: 'file', path: '/etc/exporter/certs/a.pem', key: 'tls_server_config.cert_file' },
      key: { kind: 'file', path: '/keys/a.key', key: 'tls_server_config.key_file' },
      clientCa: null,
      clientAuthType: 'NoClientCert',
      clientAllowedSans: null,
      minVersion: 'TLS12',
      maxVersion: 'TLS13',
      cipherSuites: [],
      preferServerCipherSuites: true,
      curvePreferences: [],
    });
  });

  it('may hold certificate and key itself; a file wins', () => {
    const { tls } = read(
      'tls_server_config: {cert: C, key: K, key_file: k, client_ca: A, client_auth_type: RequireClientCert}',
    );
    expect([tls?.cert, tls?.key, tls?.clientCa]).toMatchObject([
      { text: 'C' },
      { path: '/etc/exporter/k' },
      { text: 'A' },
    ]);
  });

  it('stays plain HTTP if it only has options of TLS, and no certificate', () => {
    expect(read('tls_server_config: {min_version: TLS13}').tls).toBeNull();
  });

  it('accepts no certificate if the list of names is empty', () => {
    const text = 'tls_server_config: {cert: C, key: K, client_allowed_sans: []}';
    expect(read(text).tls?.clientAllowedSans).toEqual([]);
  });

  it('reads what YAML 1.1 reads: words for on and off, numbers as texts, users as they are written, merged mappings', () => {
    const text = [
      'http_server_config: {http2: off, headers: {X-XSS-Protection: 1}}',
      `basic_auth_users: {<<: {base: ${HASH}}, on: ${HASH}, 0123: ${HASH}}`,
    ].join('\n');
    const { headers, users } = read(text);
    expect(headers).toEqual({ 'X-XSS-Protection': '1' });
    expect([...users.keys()].toSorted()).toEqual(['0123', 'base', 'on']);
  });

  it('leaves out a header without a value', () => {
    expect(read('http_server_config: {headers: {Content-Security-Policy: ""}}').headers).toEqual({});
  });

  it.each([
    ['1s', 1_000],
    ['1.5s', 1_500],
    ['1m30s', 90_000],
    ['250ms', 250],
    ['2000000', 2],
  ])('reads an interval of %s as Go does', (interval, intervalMs) => {
    expect(read(`rate_limit: {interval: ${interval}, burst: 3}`).rateLimit).toEqual({ intervalMs, burst: 3 });
  });

  it('limits nothing by an interval of 0', () => {
    expect(read('rate_limit: {interval: 0, burst: 0}').rateLimit).toBeNull();
  });

  it('gets all problems reported at once, each with its place, what was expected and what was found', () => {
    const text = [
      'tls_server_config:',
      '  cert_filse: a',
      '  min_version: TLS14',
      '  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]',
      '  curve_preferences: [P-256]',
      '  client_auth_type: maybe',
      'http_server_config:',
      '  headers: {Server: x, X-Frame-Options: no}',
      'basic_auth_users: {joe: secret, ann: }',
      'rate_limit: {interval: soon, burst: -1}',
    ].join('\n');
    const problems = problemsOf(text);
    expect(problems.map((line) => line.split(': expected')[0]?.split(': unknown')[0])).toEqual([
      '  web.yml:2:3: tls_server_config.cert_filse',
      '  web.yml:3:16: tls_server_config.min_version',
      '  web.yml:4:19: tls_server_config.cipher_suites[0]',
      '  web.yml:5:23: tls_server_config.curve_preferences[0]',
      '  web.yml:6:21: tls_server_config.client_auth_type',
      '  web.yml:8:21: http_server_config.headers.Server',
      '  web.yml:8:41: http_server_config.headers.X-Frame-Options',
      '  web.yml:9:25: basic_auth_users.joe',
      '  web.yml:9:38: basic_auth_users.ann',
      '  web.yml:10:24: rate_limit.interval',
      '  web.yml:10:37: rate_limit.burst',
    ]);
    expect(problems.join('\n')).not.toContain('secret,');
    expect(problems[7]).toMatch(/found something else \(it is secret\)$/);
  });

  it.each([
    ['cert_file: "", key_file: k', 'cert_file: expected a certificate (cert_file or cert), found ""'],
    ['cert: c', 'key_file: expected the key of the certificate (key_file or key), found nothing'],
    ['client_auth_type: NoClientCert, key: k', 'cert_file: expected a certificate (cert_file or cert), found nothing'],
    ['cert: c, key: k, client_ca: a', 'client_auth_type: expected RequireAndVerifyClientCert or another type'],
    ['cert: c, key: k, min_version: TLS13, max_version: TLS12', 'min_version: expected at most the max_version TLS12'],
  ])('needs all that TLS needs: {%s}', (keys, problem) => {
    expect(problemsOf(`tls_server_config: {${keys}}`)).toEqual([
      expect.stringContaining(`tls_server_config.${problem}`),
    ]);
  });

  it('has no key twice', () => {
    expect(problemsOf('rate_limit: {burst: 1}\nrate_limit: {interval: 2s}')).toEqual([
      '  web.yml:2:1: rate_limit: duplicate key, the first is on line 1',
    ]);
  });

  it('is a mapping', () => {
    expect(problemsOf('junk')).toEqual([expect.stringContaining('expected a mapping with the keys tls_server_config')]);
  });

  it('accepts every cost of bcrypt, and no invalid hash', () => {
    const users = (hash: string) => problemsOf(`basic_auth_users: {joe: "${hash}"}`).length;
    expect(
      [HASH, HASH.replace('2y', '2a'), HASH.replace('$10$', '$04$'), HASH.replace('$10$', '$31$')].map(users),
    ).toEqual([0, 0, 0, 0]);
    expect(
      [`${HASH}a`, HASH.slice(1), HASH.replace('$10$', '$03$'), HASH.replace('$10$', '$32$'), 'plain'].map(users),
    ).toEqual([1, 1, 1, 1, 1]);
  });
});
