import { lstat } from 'node:fs/promises';
import { endianness } from 'node:os';
import type { ReadFile } from '../../core/file.ts';

/** The state of a listening socket, TCP_LISTEN of the kernel. */
const LISTENING = '0A';

/** The most bytes of a table of connections. */
export const MOST_TABLE_BYTES = 64 * 1024 * 1024;

const ANY_IPV4 = '0'.repeat(8);
const ANY_IPV6 = '0'.repeat(32);

/** The users that listen on the address of a loopback URL; null if they are not known. `host` is as in a URL, IPv6 without brackets. */
export async function listenerUids(host: string, port: number, readFile: ReadFile): Promise<readonly number[] | null> {
  const [tcp, tcp6] = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, MOST_TABLE_BYTES)));
  if (tcp?.kind !== 'read') return null;
  const table = `${tcp.text}\n${tcp6?.kind === 'read' ? tcp6.text : ''}`;
  const hosts = host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
  return hosts.flatMap((address) => uidsOf(table, address, port));
}

/** The owner of a Unix socket; none if there is no such file. */
export async function socketUids(path: string): Promise<readonly number[]> {
  const found = await lstat(path).catch(() => null);
  return found === null ? [] : [found.uid];
}

/** A socket on the address itself gets a connection before one on every address. */
function uidsOf(table: string, host: string, port: number): readonly number[] {
  const { exact, wild } = keysOf(host);
  const ending = `:${portText(port)}`;
  const rows = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === LISTENING && local.endsWith(ending))
    .map(([, local = '', , , , , , uid]) => ({ address: local.slice(0, -ending.length), uid: Number(uid) }));
  const own = rows.filter(({ address }) => exact.includes(address));
  return (own.length > 0 ? own : rows.filter(({ address }) => wild.includes(address))).map(({ uid }) => uid);
}

/** An address as the kernel writes it: words of 32 bits in the order of the machine. `exact` has that of /proc/net/tcp first if it has one. */
export function keysOf(host: string): { readonly exact: readonly string[]; readonly wild: readonly string[] } {
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/i.exec(host);
  if (host.includes(':') && mapped === null) {
    return { exact: [`${ANY_IPV6.slice(8)}${word([0, 0, 0, 1])}`], wild: [ANY_IPV6] };
  }
  const ipv4 = word(mapped ? [...bytesOf(mapped[1]), ...bytesOf(mapped[2])] : host.split('.').map(Number));
  const inIpv6 = `${ANY_IPV6.slice(16)}${word([0, 0, 0xff, 0xff])}${ipv4}`;
  return { exact: [ipv4, inIpv6], wild: [ANY_IPV4, ANY_IPV6] };
}

/** A port as the kernel writes it. */
export function portText(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

function bytesOf(group = '0'): readonly number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}

function word(bytes: readonly number[]): string {
  const ordered = endianness() === 'LE' ? bytes.toReversed() : bytes;
  return ordered.map((byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('');
}
