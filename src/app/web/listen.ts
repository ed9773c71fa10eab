import type { ListenAddress as ConfiguredAddress } from '../../config/kind/address.ts';
import type { Config } from '../../config/schema.ts';
import { isLoopbackAddress } from '../../core/loopback.ts';
import type { WebPolicy } from '../../http/access/policy.ts';
import type { ListenAddress, Place } from '../../http/listen-address.ts';
import { ListenError } from '../../http/listeners.ts';
import { UnixSocketProblem } from '../../http/unix-socket.ts';
import { ConfigurationRefusal, StartRefusal } from '../start-refusal.ts';
import { inheritedSockets, type SystemdVariables } from './systemd-socket.ts';

/** What can listen; it rejects with a {@link ListenError}. */
export interface Listener {
  readonly listen: (addresses: readonly ListenAddress[], onSwitch?: () => void) => Promise<readonly Place[]>;
}

type WebConfig = Config['web'];

/** The addresses of a configuration. Throws a {@link ConfigurationRefusal} if it wants sockets of systemd and there are none. */
export function wantedAddresses(web: WebConfig, process: SystemdVariables): readonly ListenAddress[] {
  if (web.systemdSocket) return inheritedSockets(process);
  return web.listenAddress.map((address) => ('path' in address ? { ...address, mode: web.unixSocketMode } : address));
}

/** Listens, and returns the places; calls `onSwitch` when the addresses change. Throws a {@link StartRefusal} if that is impossible. */
export async function listen(
  http: Listener,
  addresses: readonly ListenAddress[],
  onSwitch?: () => void,
): Promise<readonly Place[]> {
  try {
    return await http.listen(addresses, onSwitch);
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    const Refusal = error.rival === null ? StartRefusal : ConfigurationRefusal;
    throw new Refusal(listenProblem(error), { cause: error });
  }
}

/** The cause of a refusal of {@link listen}, if a process listens there already; null for any other cause. */
export function takenError({ cause }: StartRefusal): ListenError | null {
  return cause instanceof ListenError && cause.code === 'EADDRINUSE' ? cause : null;
}

/** The URL of a place: `http://127.0.0.1:8689`, or `unix:/run/x.sock`, which is never encrypted and needs no prefix. */
export function placeUrl(place: Place, policy: Pick<WebPolicy, 'tls'>, prefix: string): string {
  return 'path' in place ? addressText(place) : `${policy.tls ? 'https' : 'http'}://${addressText(place)}${prefix}`;
}

/** Whether reading needs a token. */
export function guardsReads({ tokens }: Pick<WebConfig, 'tokens'>): boolean {
  return tokens.some(({ scopes }) => scopes.includes('read'));
}

/** Why an address must not be listened on under a policy; null if it may. An address that other machines can reach needs TLS and logins. */
export function safetyProblem(
  addresses: readonly (ConfiguredAddress | Place)[],
  web: Pick<WebConfig, 'insecure' | 'tokens'>,
  { tls, users }: WebPolicy,
): string | null {
  const open = addresses.find((address) => !isOnlyLocal(address));
  const asks = users.size > 0 || guardsReads(web) || tls?.knowsClients === true;
  if (open === undefined || web.insecure || (tls !== null && asks)) return null;
  const missing = [...(tls === null ? ['nothing is encrypted'] : []), ...(asks ? [] : ['no login is needed'])].join(
    ' and ',
  );
  return `${addressText(open)} can be reached by other machines, and ${missing}: listen on 127.0.0.1, set TLS and users or client certificates in a --web.config.file (or tokens in web.tokens), or allow it with --web.insecure`;
}

/** Whether only this machine reaches an address. A name counts as local only if it is `localhost`. */
function isOnlyLocal(address: ConfiguredAddress | Place): boolean {
  if ('path' in address) return true;
  return address.host !== null && (address.host === 'localhost' || isLoopbackAddress(address.host));
}

/** Why an address cannot be listened on, and the cure. */
export function listenProblem({ address, code, message, cause, rival }: ListenError): string {
  const wanted = addressText(address);
  if (rival !== null) {
    return `${addressText(rival)} and ${wanted} cannot be listened on together, because one is part of the other: remove one of the two --web.listen-address`;
  }
  if (cause instanceof UnixSocketProblem) return `${wanted} ${message}`;
  if (code === 'EADDRINUSE') {
    return `${wanted} is in use, perhaps by another tmux-exporter: end it, or choose another --web.listen-address`;
  }
  if (code === 'EACCES' && 'port' in address) {
    return `${wanted} may not be listened on: choose a port above 1023 with --web.listen-address`;
  }
  return `${wanted} cannot be listened on: ${message}`;
}

function addressText(address: ListenAddress | ConfiguredAddress | Place): string {
  if ('path' in address) return `unix:${address.path}`;
  if ('fd' in address) return `socket ${address.fd} of systemd`;
  const { host, port } = address;
  if (host === null) return `:${port}`;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
