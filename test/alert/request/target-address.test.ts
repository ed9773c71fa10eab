import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hostOf, isMetadataName, isRefusedAddress } from '../../../src/alert/request/target-address.ts';

/** Every form in which IPv6 carries an IPv4 address. */
function carriersOf(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const [high = '', low = ''] = [a * 256 + b, c * 256 + d].map(hex);
  const [notHigh, notLow] = [a * 256 + b, c * 256 + d].map((group) => hex(group ^ 0xffff));
  return [
    `::ffff:${address}`,
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:FFFF:${high}:${low}`,
    `::ffff:0:${address}`,
    `::ffff:0:${high}:${low}`,
    `64:ff9b::${address}`,
    `64:ff9b::${high}:${low}`,
    `64:ff9b:1::${high}:${low}`,
    `64:ff9b:1:2:3:4:${high}:${low}`,
    `2002:${high}:${low}::1`,
    `2001:0:${high}:${low}:8000:f227:3fff:fdd2`,
    `2001:0:c000:201:8000:f227:${notHigh}:${notLow}`,
    `2001:db8::5efe:${address}`,
    `2001:db8::200:5efe:${high}:${low}`,
    `2001:db8:1:2:300:5efe:${high}:${low}`,
    `fd00::5efe:${high}:${low}`,
  ];
}

/** An IPv4 address behind a NAT64 prefix of a network's own, for each length that RFC 6052 allows. */
function behindOwnPrefix(address: string): string[] {
  const bytes = address.split('.').map(Number);
  return [4, 5, 6, 7, 9, 12].map((start) => {
    const all = [0x20, 0x01, 0x0d, 0xb8, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0].fill(0, start);
    const places = [...all.keys()].filter((at) => at >= start && at !== 8);
    for (const [index, byte] of bytes.entries()) all[places[index] ?? 0] = byte;
    return Array.from({ length: 8 }, (_, group) => hex((all[group * 2] ?? 0) * 256 + (all[group * 2 + 1] ?? 0))).join(
      ':',
    );
  });
}

function hex(group: number): string {
  return group.toString(16);
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
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    'fd00:a9fe:a9fe::1',
    'fe80::a9fe:a9fe',
    'no address',
    '',
  ])('is %j', (address) => {
    expect(isRefusedAddress(address)).toBe(true);
  });

  it.each(['127.0.0.1', '10.0.0.1', '192.168.1.1', '172.16.0.1', '100.64.0.1', '93.184.216.34'])(
    'is not %s, which receivers have',
    (address) => {
      const ways = [address, ...carriersOf(address)];
      expect(ways.filter(isRefusedAddress)).toEqual([]);
    },
  );

  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '169.254.0.23',
    '169.254.42.42',
    '100.100.100.200',
    '192.0.0.192',
    '168.63.129.16',
  ])('is %s behind an unknown NAT64 prefix', (address) => {
    expect(behindOwnPrefix(address).filter((way) => !isRefusedAddress(way))).toEqual([]);
  });

  it.each([
    '::1',
    'fd12:3456::1',
    'fd00:42::1',
    'fd20:1:2::254',
    '2001:db8::1',
    '2001:db8::e000:1',
    '2001:4860:4860::8888',
    'fec0::1',
  ])('is not %s', (address) => {
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

describe('the name of a metadata service', () => {
  it.each([
    'metadata.google.internal',
    'METADATA.google.internal.',
    'metadata..',
    'instance-data.eu-west-1.compute.internal',
    'api.metadata.cloud.ibm.com',
    'metadata.platformequinix.com',
  ])('is %s', (name) => {
    expect(isMetadataName(name)).toBe(true);
  });

  it.each(['metadata.example.org', 'instance-data.example.compute.internal.example.org', 'hooks.example.org'])(
    'is not %s',
    (name) => {
      expect(isMetadataName(name)).toBe(false);
    },
  );
});
