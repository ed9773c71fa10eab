import { isIPv4, isIPv6 } from 'node:net';

/** Where to listen. */
export interface ListenAddress {
  /** Host name or IP address, IPv6 without brackets; null for every interface. */
  readonly host: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
}

const ADDRESS = /^(?:\[(?<ipv6>[^[\]]+)\]|(?<host>[^[\]:]*)):(?<port>\d{1,5})$/;
const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i;

/** Reads `host:port`, `[::1]:port` or `:port`; null for anything else, such as an IPv6 address without brackets. */
export function parseListenAddress(text: string): ListenAddress | null {
  const { ipv6, host = '', port } = ADDRESS.exec(text)?.groups ?? {};
  const number = Number(port);
  if (port === undefined || number > 65_535) return null;
  if (ipv6 !== undefined) return isIPv6(ipv6) ? { host: ipv6, port: number } : null;
  if (host === '') return { host: null, port: number };
  return isHostName(host) ? { host, port: number } : null;
}

/** Reads a host name or IP address without a port, in lower case and IPv6 without brackets, as `Host` headers are compared; null for anything else. */
export function parseHost(text: string): string | null {
  const bare = /^\[(.*)\]$/.exec(text)?.[1];
  if (isIPv6(bare ?? text)) return (bare ?? text).toLowerCase();
  return isHostName(text) ? text.toLowerCase() : null;
}

/** A name that ends in a number can only be a misspelt IPv4 address. */
function isHostName(text: string): boolean {
  return isIPv4(text) || (HOST_NAME.test(text) && !/(?:^|\.)\d+$/.test(text));
}
