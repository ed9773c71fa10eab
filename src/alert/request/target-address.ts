import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import { CARRIERS } from './address-carriers.ts';

/** IPv4 addresses of metadata services. They are also searched for inside IPv6 addresses of an unknown form. */
const METADATA = new BlockList();
// AWS, Azure, Google and most others; the containers of AWS; those of Tencent and Scaleway.
METADATA.addSubnet('169.254.169.0', 24, 'ipv4');
METADATA.addSubnet('169.254.170.0', 24, 'ipv4');
METADATA.addAddress('169.254.0.23', 'ipv4');
METADATA.addAddress('169.254.42.42', 'ipv4');
// Not link-local: Alibaba, Oracle, Azure.
METADATA.addAddress('100.100.100.200', 'ipv4');
METADATA.addAddress('192.0.0.192', 'ipv4');
METADATA.addAddress('168.63.129.16', 'ipv4');

const REFUSED = new BlockList();
// "This network" (RFC 1122), link-local (RFC 3927), multicast, reserved and broadcast.
REFUSED.addSubnet('0.0.0.0', 8, 'ipv4');
REFUSED.addSubnet('169.254.0.0', 16, 'ipv4');
REFUSED.addSubnet('224.0.0.0', 3, 'ipv4');
REFUSED.addAddress('::', 'ipv6');
REFUSED.addSubnet('fe80::', 10, 'ipv6');
REFUSED.addSubnet('ff00::', 8, 'ipv6');
// Metadata services over IPv6: AWS, Google, Oracle, Akamai (Linode) and Scaleway. The last is one address, because people may use the prefix for their own networks.
REFUSED.addSubnet('fd00:ec2::', 32, 'ipv6');
REFUSED.addSubnet('fd20:ce::', 64, 'ipv6');
REFUSED.addSubnet('fd00:c1::', 64, 'ipv6');
REFUSED.addSubnet('fd00:a9fe:a9fe::', 48, 'ipv6');
REFUSED.addAddress('fd00:42::42', 'ipv6');

/** Whether nothing may be sent to an IP address: link-local, a metadata service, multicast or no address at all, also if an IPv6 address carries it. Loopback and private addresses are allowed: people's own receivers have them. */
export function isRefusedAddress(address: string): boolean {
  if (isIPv4(address)) return isRefusedIPv4(address);
  const [bare = ''] = address.split('%');
  return !isIPv6(bare) || REFUSED.check(bare, 'ipv6') || isCarrierOfRefused(bytesOf(bare));
}

/** Names of metadata services: a proxy resolves a name itself, so only the name can be checked. */
const METADATA_NAMES = [
  'metadata',
  'metadata.google.internal',
  'metadata.goog',
  'instance-data',
  'instance-data.ec2.internal',
  'metadata.tencentyun.com',
  'metadata.azure.internal',
  'api.metadata.cloud.ibm.com',
  'metadata.platformequinix.com',
];

/** The name in a region of AWS. */
const IN_REGION = /^instance-data\.[a-z\d-]+\.compute\.internal$/;

/** Whether a host name is that of a metadata service. */
export function isMetadataName(host: string): boolean {
  const name = host.replace(/\.+$/, '').toLowerCase();
  return METADATA_NAMES.includes(name) || IN_REGION.test(name);
}

/** The host of a URL as it is resolved: an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** Whether a host is an IP address, which is not resolved. */
export function isLiteral(host: string): boolean {
  return isIP(host) !== 0;
}

function isRefusedIPv4(address: string): boolean {
  return REFUSED.check(address, 'ipv4') || METADATA.check(address, 'ipv4');
}

function isCarrierOfRefused(bytes: readonly number[]): boolean {
  return CARRIERS.some(({ isForm, isCertain, carried }) => {
    const inner = carried(bytes).join('.');
    return isForm(bytes) && (isCertain ? isRefusedIPv4(inner) : METADATA.check(inner, 'ipv4'));
  });
}

/** The sixteen bytes of an IPv6 address. `URL` brings it into its shortest form, in which the IPv4 notation is gone. */
function bytesOf(address: string): number[] {
  const canonical = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? '';
  const [head = '', tail] = canonical.split('::');
  const before = readGroups(head);
  const after = readGroups(tail ?? '');
  const zeros = Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
}

function readGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
