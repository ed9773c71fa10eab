import type { AddressInfo } from 'node:net';
import type { TokenEntry } from '../../config/entry/token-entry.ts';
import { isLoopbackAddress } from '../../core/loopback.ts';
import type { WebPolicy } from '../../http/access/policy.ts';
import type { ListenAddress } from '../../http/http-server.ts';
import { StartRefusal } from '../start-refusal.ts';

/** Where the daemon is to be reached. */
export interface WebConfig {
  readonly listenAddress: ListenAddress;
  readonly insecure: boolean;
  readonly tokens: readonly TokenEntry[];
}

/** What listens at an address; rejects with the error of the system. */
export interface Listener {
  readonly listen: (address: ListenAddress) => Promise<Pick<AddressInfo, 'address' | 'port'>>;
}

/** Whether only this machine reaches an address. A name counts as local only where it is `localhost`. */
export function isLoopback(host: string | null): boolean {
  return host !== null && (host === 'localhost' || isLoopbackAddress(host));
}

/** Whether two addresses are the same. */
export function isSameAddress(a: ListenAddress, b: ListenAddress): boolean {
  return a.host === b.host && a.port === b.port;
}

/** Listens, and gives the address as `host:port`. Throws a {@link StartRefusal} if that is impossible. */
export async function listen(http: Listener, { host, port }: ListenAddress): Promise<string> {
  try {
    const found = await http.listen({ host, port });
    return addressText(found.address, found.port);
  } catch (error) {
    throw new StartRefusal(listenProblem(addressText(host, port), error));
  }
}

/** Whether some token is needed to read. */
export function guardsReads(tokens: readonly TokenEntry[]): boolean {
  return tokens.some(({ scopes }) => scopes.includes('read'));
}

/** Why an address must not be listened on under a policy; null if it may: what other machines reach needs TLS, and has to ask them who they are. */
export function safetyProblem(
  { listenAddress, insecure, tokens }: WebConfig,
  { tls, users }: WebPolicy,
): string | null {
  const asks = users.size > 0 || guardsReads(tokens) || tls?.knowsClients === true;
  if (isLoopback(listenAddress.host) || insecure || (tls !== null && asks)) return null;
  const missing = [
    ...(tls === null ? ['nothing is encrypted'] : []),
    ...(asks ? [] : ['nothing asks them who they are']),
  ].join(' and ');
  const wanted = addressText(listenAddress.host, listenAddress.port);
  return `${wanted} can be reached by other machines, and ${missing}: listen on 127.0.0.1, set TLS and users or client certificates in a --web.config.file (or tokens in web.tokens), or allow it with --web.insecure`;
}

function listenProblem(wanted: string, error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  switch (code) {
    case 'EADDRINUSE':
      return `${wanted} is in use, perhaps by another tmux-exporter: end it, or choose another --web.listen-address`;
    case 'EACCES':
      return `${wanted} may not be listened on: choose a port above 1023 with --web.listen-address`;
    default:
      return `${wanted} cannot be listened on: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function addressText(host: string | null, port: number): string {
  if (host === null) return `:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
