import type { AddressInfo } from 'node:net';
import { isLoopbackAddress } from '../core/loopback.ts';
import type { ListenAddress } from '../http/http-server.ts';
import { StartRefusal } from './start-refusal.ts';

/** Where the daemon is to be reached. */
export interface WebConfig {
  readonly listenAddress: ListenAddress;
  readonly insecure: boolean;
}

/** What listens at an address; rejects with the error of the system. */
export interface Listener {
  readonly listen: (address: ListenAddress) => Promise<Pick<AddressInfo, 'address' | 'port'>>;
}

/** Whether only this machine reaches an address. A name counts as local only where it is `localhost`. */
export function isLoopback(host: string | null): boolean {
  return host !== null && (host === 'localhost' || isLoopbackAddress(host));
}

/** Listens at the address of a new configuration if it is another one, and gives the URL; null if it is the same. Throws a {@link StartRefusal} if that is unsafe or impossible: then all stays as it was. */
export async function moveTo(http: Listener, before: WebConfig, after: WebConfig): Promise<string | null> {
  assertSafe(after);
  const [from, to] = [before.listenAddress, after.listenAddress];
  return from.host === to.host && from.port === to.port ? null : listen(http, after);
}

/** Listens, and gives the URL. Throws a {@link StartRefusal} where that is unsafe or impossible. */
export async function listen(http: Listener, web: WebConfig): Promise<string> {
  const { listenAddress } = web;
  const wanted = addressText(listenAddress.host, listenAddress.port);
  assertSafe(web);
  try {
    const { address, port } = await http.listen(listenAddress);
    return `http://${addressText(address, port)}`;
  } catch (error) {
    throw new StartRefusal(listenProblem(wanted, error));
  }
}

function assertSafe({ listenAddress, insecure }: WebConfig): void {
  if (isLoopback(listenAddress.host) || insecure) return;
  const wanted = addressText(listenAddress.host, listenAddress.port);
  throw new StartRefusal(
    `${wanted} can be reached by other machines, and nothing would ask them who they are: listen on 127.0.0.1, or allow it with --web.insecure`,
  );
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
