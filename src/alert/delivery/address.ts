import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';

const REFUSED = new BlockList();
// "This network" (RFC 1122), link-local (RFC 3927, where clouds keep their metadata), multicast, reserved and broadcast.
REFUSED.addSubnet('0.0.0.0', 8, 'ipv4');
REFUSED.addSubnet('169.254.0.0', 16, 'ipv4');
REFUSED.addSubnet('224.0.0.0', 3, 'ipv4');
// Metadata services that are not link-local: Alibaba, Oracle, Azure, and EC2 over IPv6.
REFUSED.addAddress('100.100.100.200', 'ipv4');
REFUSED.addAddress('192.0.0.192', 'ipv4');
REFUSED.addAddress('168.63.129.16', 'ipv4');
REFUSED.addAddress('fd00:ec2::254', 'ipv6');
REFUSED.addAddress('::', 'ipv6');
REFUSED.addSubnet('fe80::', 10, 'ipv6');
REFUSED.addSubnet('ff00::', 8, 'ipv6');

/** Prefixes of IPv6 that carry an IPv4 address, in 16-bit groups, and at which group that address begins: IPv4-mapped, IPv4-compatible, NAT64 (RFC 6052) and 6to4 (RFC 3056). */
const EMBEDDINGS: readonly { readonly prefix: readonly number[]; readonly at: number }[] = [
  { prefix: [0, 0, 0, 0, 0, 0xffff], at: 6 },
  { prefix: [0, 0, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 0, 0, 0, 0], at: 6 },
  { prefix: [0x64, 0xff9b, 1], at: 6 },
  { prefix: [0x2002], at: 1 },
];

/** Whether nothing may be sent to an IP address: link-local, metadata of a cloud, multicast or no address at all, also where IPv6 carries it. Loopback and private ones are where people's own receivers live. */
export function isRefusedAddress(address: string): boolean {
  if (isIPv4(address)) return REFUSED.check(address, 'ipv4');
  const [bare = ''] = address.split('%');
  if (!isIPv6(bare)) return true;
  return REFUSED.check(bare, 'ipv6') || embeddedIn(groupsOf(bare)).some((inner) => REFUSED.check(inner, 'ipv4'));
}

/** The host of a URL as it is resolved: an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** Whether a host is an IP address, which nobody resolves. */
export function isLiteral(host: string): boolean {
  return isIP(host) !== 0;
}

function embeddedIn(groups: readonly number[]): string[] {
  return EMBEDDINGS.filter(({ prefix }) => prefix.every((group, index) => group === groups[index])).flatMap(
    ({ at }) => {
      const [high = 0, low = 0] = groups.slice(at, at + 2);
      // What looks like the compatible form of an address below 1.0.0.0 is `::1` and its like.
      return high === 0 && at === 6 && groups[5] === 0 && groups[0] === 0 ? [] : [quad(high, low)];
    },
  );
}

function quad(high: number, low: number): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** The eight groups of an IPv6 address. `URL` brings it into its shortest form, in which the IPv4 notation is gone. */
function groupsOf(address: string): number[] {
  const canonical = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? '';
  const [head = '', tail] = canonical.split('::');
  const before = readGroups(head);
  const after = readGroups(tail ?? '');
  return [...before, ...Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
}

function readGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
