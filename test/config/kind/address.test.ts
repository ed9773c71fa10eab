import { describe, expect, it } from '@jest/globals';
import { readYaml } from '../../../src/config/file/yaml-document.ts';
import { fileMode, parseHost, parseListenAddress } from '../../../src/config/kind/address.ts';

describe('parseListenAddress', () => {
  it.each([
    ['127.0.0.1:8689', { host: '127.0.0.1', port: 8689 }],
    ['localhost:0', { host: 'localhost', port: 0 }],
    ['my-host.example.org:65535', { host: 'my-host.example.org', port: 65_535 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    ['[fe80::1%eth0]:80', { host: 'fe80::1%eth0', port: 80 }],
    [':9100', { host: null, port: 9100 }],
    ['unix:/run/my exporter.sock', { path: '/run/my exporter.sock' }],
  ])('reads %s', (text, address) => {
    expect(parseListenAddress(text)).toEqual(address);
  });

  it.each([
    '',
    ':',
    '8689',
    'localhost',
    'localhost:',
    'localhost:http',
    'localhost:65536',
    'localhost:-1',
    '::1:8689',
    '[::1]',
    '[127.0.0.1]:80',
    '[]:80',
    '256.0.0.1:80',
    '10.1:80',
    'a b:80',
    '-a:80',
    'http://localhost:80',
    'localhost:80/metrics',
    'localhost:80\n',
    'unix:',
    'unix:run/x.sock',
    'unix:/run/',
    `unix:/${'x'.repeat(103)}`,
  ])('refuses %j', (text) => {
    expect(parseListenAddress(text)).toBeNull();
  });
});

describe('the permissions of a file', () => {
  it.each([
    ['0600', 0o600],
    ['0660', 0o660],
    ['660', 0o660],
    ['777', 0o777],
    ['0o660', 0o660],
    ['0o600', 0o600],
    ['"0660"', 0o660],
    ['"0o660"', 0o660],
    ['"0460"', 0o460],
  ])('are read in octal digits: %s', (text, mode) => {
    expect(fileMode.schema.parse(readYaml(text).value)).toBe(mode);
  });

  it.each(['432', '0x1b0', '384', '511', '0460', '0o60', '"0o0660"', '-660', '660.5', '7777'])('refuse %s', (text) => {
    expect(fileMode.schema.safeParse(readYaml(text).value).success).toBe(false);
  });
});

describe('parseHost', () => {
  it.each([
    ['Tmux.Example.org', 'tmux.example.org'],
    ['10.0.0.1', '10.0.0.1'],
    ['FE80::1', 'fe80::1'],
    ['[::1]', '::1'],
  ])('reads %s as %s', (text, host) => {
    expect(parseHost(text)).toBe(host);
  });

  it.each(['', 'a:80', 'a/b', '*.example.org', '300.0.0.1', 'a..b', '[a]', 'a\n'])('refuses %j', (text) => {
    expect(parseHost(text)).toBeNull();
  });
});
