import { isIPv4, isIPv6 } from 'node:net';
import type { Place } from './listen-address.ts';

type TcpPlace = Extract<Place, { port: number }>;

/** The place that was taken already, as an error of the system names it; null for any other error. */
export function takenPlace(error: unknown): TcpPlace | null {
  if (typeof error !== 'object' || error === null) return null;
  if (!('code' in error && 'address' in error && 'port' in error)) return null;
  const { code, address, port } = error;
  return code === 'EADDRINUSE' && typeof address === 'string' && typeof port === 'number'
    ? { host: address, port }
    : null;
}

/** Whether both are one place, perhaps in other words. */
export function isSame(place: Place, { host, port }: TcpPlace): boolean {
  return 'port' in place && place.port === port && canonical(place.host) === canonical(host);
}

/** Whether one of two places has the address of the other among all interfaces. */
export function overlaps(place: Place, { host, port }: TcpPlace): boolean {
  return 'port' in place && place.port === port && (covers(place.host, host) || covers(host, place.host));
}

function covers(wild: string, host: string): boolean {
  return canonical(wild) === '::' || (wild === '0.0.0.0' && isIPv4(host));
}

/** The shortest form of an IPv6 address. */
function canonical(host: string): string {
  return (isIPv6(host) && URL.parse(`http://[${host}]`)?.hostname.slice(1, -1)) || host;
}
