import { BlockList, isIP } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isLoopbackAddress } from '../../src/core/loopback.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

describe('A loopback address', () => {
  it.each(['127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '::FFFF:7f00:1'])(
    'is %s',
    (text) => {
      expect(isLoopbackAddress(text)).toBe(true);
    },
  );

  it.each([
    '128.0.0.1',
    '10.127.0.1',
    '127.0.0.256',
    '127.1',
    '2130706433',
    'localhost',
    'evil@127.0.0.1',
    '127.0.0.1.example.org',
    '::',
    '::2',
    '::ffff:128.0.0.1',
    '::1]@evil',
    '',
  ])('is not %p', (text) => {
    expect(isLoopbackAddress(text)).toBe(false);
  });

  it('is the same to Node', () => {
    const address = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV4().map((text) => `::ffff:${text}`),
      fc.nat(255).map((last) => `127.3.0.${last}`),
    );
    fc.assert(
      fc.property(address, (text) => {
        expect(isLoopbackAddress(text)).toBe(LOOPBACK.check(text, isIP(text) === 6 ? 'ipv6' : 'ipv4'));
      }),
      { seed: 11, numRuns: 2_000 },
    );
  });
});
