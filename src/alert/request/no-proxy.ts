import { BlockList, isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { portOf } from '../../core/exporter-url.ts';
import { isLoopbackAddress } from '../../core/loopback.ts';
import { hostOf } from './target-address.ts';

/** Whether a URL is reached without the proxy because of `no_proxy`, by the rules of Go (golang.org/x/net/http/httpproxy), which Alertmanager follows. Loopback is always reached without it. */
export function isExempt(url: URL, noProxy: string): boolean {
  const host = hostOf(url).toLowerCase();
  if (host === 'localhost' || isLoopbackAddress(host)) return true;
  const port = portOf(url);
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const { network, prefix } = /^(?<network>[^/]+)\/(?<prefix>\d{1,3})$/.exec(entry)?.groups ?? {};
  if (network !== undefined && isIP(network) !== 0) return isWithin(host, network, Number(prefix));
  const { bracketed, name = bracketed ?? entry, wanted = '' } = ENTRY.exec(entry)?.groups ?? {};
  if (wanted !== '' && wanted !== port) return false;
  if (isIP(name) !== 0) return isWithin(host, name, isIP(name) === 4 ? 32 : 128);
  return isNamed(host, name);
}

/** `name`, `name:port`, `[IPv6]` or `[IPv6]:port`; an IPv6 address without brackets has no port. */
const ENTRY = /^(?:\[(?<bracketed>[^\]]+)\]|(?<name>[^:]*))(?::(?<wanted>\d*))?$/;

/** `example.org` matches itself and all names below it, `.example.org` and `*.example.org` only the names below. */
function isNamed(host: string, entry: string): boolean {
  const name = entry.startsWith('*.') ? entry.slice(1) : entry;
  if (name === '') return false;
  if (name.startsWith('.')) return host.endsWith(ascii(name.slice(1), '.'));
  return host === ascii(name, '') || host.endsWith(ascii(name, '.'));
}

function ascii(name: string, before: string): string {
  return before + (domainToASCII(name) || name);
}

function isWithin(host: string, network: string, prefix: number): boolean {
  const family = isIP(network) === 4 ? 'ipv4' : 'ipv6';
  if (isIP(host) === 0 || prefix > (family === 'ipv4' ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}
