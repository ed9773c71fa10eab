import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hostOf, isRefusedAddress } from '../../../src/alert/delivery/address.ts';

/** Every way in which IPv6 carries an IPv4 address. */
function carriersOf(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const [high, low] = [a * 256 + b, c * 256 + d].map((group) => group.toString(16));
  return [
    `::ffff:${address}`,
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:FFFF:${high}:${low}`,
    `64:ff9b::${address}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1::${high}:${low}`,
    `2002:${high}:${low}::1`,
  ];
}

describe('a refused address', () => {
  it.each([
    '169.254.0.1',
    '169.254.169.254',
    '0.0.0.1',
    '224.0.0.251',
    '240.0.0.1',
    '100.100.100.200',
    '168.63.129.16',
  ])('is %s, however it is written', (address) => {
    const ways = [address, ...carriersOf(address)];
    expect(ways.filter((way) => !isRefusedAddress(way))).toEqual([]);
  });

  it.each([
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'febf::1',
    'ff02::1',
    'fd00:ec2::254',
    'FD00:0EC2::0254',
    'no address',
    '',
  ])('is %j', (address) => {
    expect(isRefusedAddress(address)).toBe(true);
  });

  it.each(['127.0.0.1', '10.0.0.1', '192.168.1.1', '172.16.0.1', '100.64.0.1', '93.184.216.34'])(
    'is not %s, where receivers live',
    (address) => {
      const ways = [address, ...carriersOf(address)];
      expect(ways.filter(isRefusedAddress)).toEqual([]);
    },
  );

  it.each(['::1', 'fd12:3456::1', '2001:db8::1', 'fec0::1'])('is not %s', (address) => {
    expect(isRefusedAddress(address)).toBe(false);
  });

  it('is known in every form that a URL can give it', () => {
    const octet = fc.nat(255);
    fc.assert(
      fc.property(fc.tuple(octet, octet), fc.constantFrom('.', 'hex', 'number', 'octal'), ([c, d], form) => {
        const address = `169.254.${c}.${d}`;
        const number = ((169 * 256 + 254) * 256 + c) * 256 + d;
        const written = {
          '.': address,
          hex: `0x${number.toString(16)}`,
          number: String(number),
          octal: `0251.0376.${c}.${d}`,
        };
        expect(isRefusedAddress(hostOf(new URL(`http://${written[form]}/`)))).toBe(true);
      }),
    );
  });
});
