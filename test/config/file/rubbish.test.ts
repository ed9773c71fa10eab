import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readClientFile } from '../../../src/config/file/client-file.ts';
import { loadConfig } from '../../../src/config/file/load.ts';
import { readWebFile } from '../../../src/config/file/web-file.ts';
import { formatProblems } from '../../../src/config/problem.ts';
import { LEAVES } from '../../../src/config/schema.ts';
import { printableLines } from '../../../src/core/text.ts';
import { mutated } from '../../support/sample/mutation.ts';
import { runs } from '../../support/sample/seed.ts';

const EXAMPLE = readFileSync(new URL('../../../docs/config.example.yml', import.meta.url), 'utf8');
const OPTIONS = EXAMPLE.replace(/^ *# .*\n/gm, '').replace(/^( *)#(?=\S| {2})/gm, '$1');
const CONFIG = `
servers: [{name: work, socket: /run/work}, {name: agents}]
poll: {schedule: '*/5 * * * * *', timeout: 2s}
webhooks:
  - &hook
    name: oncall
    url: https://hooks.example/services/a
    group: {wait: 5s, interval: 1m}
    headers: {X-Key: a}
  - name: chat
    url_file: /etc/chat.url
    format: template
    template: {text: '{{title}}'}
web:
  tokens: [{name: prometheus, file: /etc/token, scopes: [read]}]
log:
  level: debug
`;
const CLIENT_CONFIG = `exporters:
  - url: https://me:a,b@tmux.example.org:8689/x
    ca_file: ca.pem
  - {url: unix:/run/x.sock, token_file: /t, cert_file: c, key_file: k}
  - url: http://[::1]:8689
    user: me
    password_file: p
`;
const WEB_CONFIG = `
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
  min_version: TLS12
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: yes
  headers: {X-Frame-Options: deny, Strict-Transport-Security: 'max-age=60'}
basic_auth_users:
  alice: $2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi
rate_limit: {interval: 1s, burst: 20}
`;
const WORDS = [
  ...[
    '\n  ',
    '\n- ',
    ': ',
    '? ',
    '- ',
    '&a ',
    '*a',
    '*hook',
    '<<: ',
    '<<: *hook',
    '!!binary ',
    '!!set ',
    '!<x> ',
    '|\n  ',
    '>-\n',
  ],
  ...[
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '~',
    'null',
    'yes',
    '.inf',
    '.nan',
    '0x10',
    '0o7',
    '1_000',
    '2026-01-01',
    '-0',
    '\ufeff',
  ],
  ...[
    '/',
    '//',
    'a'.repeat(108),
    '127.0.0.1:0',
    'unix:/',
    'http://',
    '1h',
    '99999999h',
    '*/0 * * * *',
    '(',
    '[[',
    '(a+)+$',
  ],
];

describe('A file with mistakes in any of its bytes', () => {
  it('is a configuration, or has problems that are safe to show', () => {
    const text = mutated([CONFIG, OPTIONS, EXAMPLE], WORDS, 5).map((bytes) => bytes.toString('utf8'));
    const outcomes = { loaded: 0, invalid: 0 };
    fc.assert(
      fc.property(text, (file) => {
        const result = loadConfig({ flags: { 'config.file': '/c' }, env: {}, readFile: () => file });
        outcomes[result.kind]++;
        if (result.kind === 'invalid') expectSafe(formatProblems(result.problems));
      }),
      { numRuns: runs(300) },
    );
    expect(Math.min(outcomes.loaded, outcomes.invalid)).toBeGreaterThan(0);
  });

  it('is a web configuration, or has problems that are safe to show', () => {
    const text = mutated([WEB_CONFIG], WORDS, 5).map((bytes) => bytes.toString('utf8'));
    const outcomes = { read: 0, invalid: 0 };
    fc.assert(
      fc.property(text, (file) => {
        const reading = readWebFile('/c', file);
        outcomes[reading.kind]++;
        if (reading.kind === 'invalid') expectSafe(formatProblems(reading.problems));
      }),
      { numRuns: runs(500) },
    );
    expect(Math.min(outcomes.read, outcomes.invalid)).toBeGreaterThan(0);
  });

  it('is a client configuration, or has problems that are safe to show', () => {
    const text = mutated([CLIENT_CONFIG], WORDS, 5).map((bytes) => bytes.toString('utf8'));
    const outcomes = { read: 0, invalid: 0 };
    fc.assert(
      fc.property(text, (file) => {
        const reading = readClientFile('/c', file);
        outcomes[reading.kind]++;
        if (reading.kind === 'invalid') expectSafe(formatProblems(reading.problems));
      }),
      { numRuns: runs(500) },
    );
    expect(Math.min(outcomes.read, outcomes.invalid)).toBeGreaterThan(0);
  });
});

describe('A variable of the environment', () => {
  it('may hold anything: it is an option, or has a problem that is safe to show', () => {
    const value = fc.oneof(
      fc.constantFrom(...WORDS),
      fc.string({ unit: 'binary' }),
      mutated(['work=/run/work,agents', '*/5 * * * * *', 'http://a@127.0.0.1:1/x?y', '1h30m'], WORDS, 3).map(String),
    );
    const leaf = fc.constantFrom(...LEAVES);
    fc.assert(
      fc.property(fc.array(fc.tuple(leaf, value), { maxLength: 3 }), (given) => {
        const env = Object.fromEntries(given.map(([{ environment }, text]) => [environment, text]));
        const result = loadConfig({ flags: {}, env, readFile: () => '' });
        if (result.kind === 'invalid') expectSafe(formatProblems(result.problems));
      }),
      { numRuns: runs(300) },
    );
  });
});

/** Problems are of bounded length, and hold nothing that a terminal obeys. */
function expectSafe(problems: string): void {
  expect(problems).toBe(printableLines(problems));
  expect(problems.length).toBeLessThan(100_000);
}
