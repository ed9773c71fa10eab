import { describe, expect, it } from '@jest/globals';
import { hostsOf, webPathsOf } from '../../../src/app/web/web-paths.ts';
import { configSchema } from '../../../src/config/schema.ts';

const webOf = (web: object) => configSchema.parse({ web }).web;

describe('The paths of the web', () => {
  it.each([
    [{}, '', '/metrics'],
    [{ external_url: 'https://tmux.example.org' }, '', '/metrics'],
    [{ external_url: 'https://tmux.example.org/a/b/' }, '/a/b', '/metrics'],
    [{ external_url: 'https://tmux.example.org/a', route_prefix: '/' }, '', '/metrics'],
    [{ route_prefix: 'tmux/' }, '/tmux', '/metrics'],
    [{ route_prefix: '/tmux', telemetry_path: '/tmux-metrics' }, '/tmux', '/tmux-metrics'],
  ])('of %j begin with %j', (web, prefix, telemetry) => {
    expect(webPathsOf(webOf(web))).toEqual({ prefix, telemetry });
  });

  it.each([
    { external_url: 'tmux.example.org' },
    { external_url: 'https://me@tmux.example.org' },
    { external_url: 'https://tmux.example.org/?a' },
    { external_url: 'ftp://tmux.example.org/' },
    { external_url: 'https://tmux.example.org:0/' },
    { external_url: 'https://tmux.example.org/a\tb' },
    { route_prefix: '/a b' },
    { route_prefix: '/:name' },
    { telemetry_path: 'metrics' },
    { telemetry_path: '/events' },
    { telemetry_path: '/api/metrics' },
    { telemetry_path: '/-/healthy' },
  ])('are not those of %j', (web) => {
    expect(configSchema.safeParse({ web }).success).toBe(false);
  });
});

it('The host of the external URL may be asked for', () => {
  const web = webOf({ external_url: 'https://[2001:db8::1]:1/x', allowed_hosts: ['other.example'] });
  expect(hostsOf(web)).toEqual(['other.example', '2001:db8::1']);
});
