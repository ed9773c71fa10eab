import { isLoopbackAddress } from './loopback.ts';

/** What an IP address counts as if clients are limited: an IPv4 address as itself, also if it comes mapped into IPv6; an IPv6 address as its first 64 bits, because one client can have all addresses of such a network. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':') || isLoopbackAddress(plain)) return plain;
  const [head = '', tail] = (plain.split('%')[0] ?? '').split('::');
  const [left, right] = [groupsOf(head), groupsOf(tail ?? '')];
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
