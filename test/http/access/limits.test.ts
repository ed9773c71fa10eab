import { describe, expect, it } from '@jest/globals';
import { LoginLimit } from '../../../src/http/access/login-limit.ts';
import { TokenBucket } from '../../../src/http/access/token-bucket.ts';

describe('A limit of failed logins', () => {
  const failing = (limit: LoginLimit, address: string, count: number) => {
    for (let failure = 0; failure < count; failure++) limit.failed(address);
  };

  it('has a client wait from the tenth failure until a minute after the first', () => {
    let now = 5_000;
    const limit = new LoginLimit(() => now);
    failing(limit, '192.0.2.1', 9);
    expect(limit.waitMs('192.0.2.1')).toBe(0);
    now += 20_000;
    failing(limit, '192.0.2.1', 1);
    expect(limit.waitMs('192.0.2.1')).toBe(40_000);
    expect(limit.waitMs('192.0.2.2')).toBe(0);
    now += 40_000;
    expect(limit.waitMs('192.0.2.1')).toBe(0);
    failing(limit, '192.0.2.1', 9);
    expect(limit.waitMs('192.0.2.1')).toBe(0);
  });

  it('remembers a thousand clients and forgets the oldest', () => {
    const limit = new LoginLimit(() => 0);
    failing(limit, '192.0.2.1', 10);
    for (let host = 0; host < 999; host++) limit.failed(`198.51.${host >> 8}.${host & 255}`);
    expect(limit.waitMs('192.0.2.1')).toBeGreaterThan(0);
    limit.failed('203.0.113.1');
    expect(limit.waitMs('192.0.2.1')).toBe(0);
  });
});

describe('A token bucket', () => {
  it('lets a burst through at once, then one for every interval', () => {
    let now = 0;
    const bucket = new TokenBucket({ intervalMs: 1_000, burst: 2 }, () => now);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
    now = 999;
    expect(bucket.take()).toBe(false);
    now = 1_000;
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
    now = 60_000;
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([true, true, false]);
  });

  it('lets nothing through without a burst, as the toolkit does', () => {
    let now = 0;
    const bucket = new TokenBucket({ intervalMs: 1_000, burst: 0 }, () => now);
    now = 10_000;
    expect(bucket.take()).toBe(false);
  });
});
