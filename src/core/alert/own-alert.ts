import { isLoopbackAddress } from '../loopback.ts';

/** The names and addresses of an exporter. */
export interface OwnNames {
  readonly hostname: string;
  readonly fleetName: string;
  /** Of the network interfaces of its machine. */
  readonly addresses: readonly string[];
}

/**
 * Whether the labels of an alert say that it is about an exporter: `host`, otherwise `instance`, is one of its names or
 * addresses. `localhost` is only known to be this machine if the alert came from this machine.
 */
export function isOwnAlert(labels: Readonly<Record<string, string>>, own: OwnNames, isFromHere: boolean): boolean {
  const { host, instance } = labels;
  const name = host ?? (instance === undefined ? undefined : withoutPort(instance));
  if (name === undefined) return false;
  if (name === 'localhost' || isLoopbackAddress(name)) return isFromHere;
  return name === own.fleetName || isSameHost(name, own.hostname) || own.addresses.includes(name.toLowerCase());
}

/** The host in `host:port`, `[::1]:port` or `host`. */
function withoutPort(instance: string): string {
  const [, address, name] = /^(?:\[([^\]]*)\]|([^:]+))(?::\d+)?$/.exec(instance) ?? [];
  return address ?? name ?? instance;
}

/** Whether two names can be of one host: Prometheus may use the full name where the machine knows the short one, or the other way round. */
function isSameHost(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}
