import type { InheritedSocket } from '../../http/listen-address.ts';
import type { Environment } from '../environment.ts';
import { ConfigurationRefusal } from '../start-refusal.ts';

/** The variables in which systemd describes the sockets that it passes on, and for which process. */
export type SystemdVariables = Pick<Environment, 'pid' | 'variables'>;

/** The first descriptor that systemd passes on: SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST = 3;

/** Why this process must not start without `web.systemd_socket`; null if it may. If a .socket unit passed its sockets on and they are not used, their clients wait for an answer that never comes. */
export function unusedSockets(isWanted: boolean, { pid, variables }: SystemdVariables): string | null {
  // The names of sd_listen_fds_with_names(3). Other files that systemd opens have names, too.
  const unit = variables['LISTEN_FDNAMES']?.split(':').find((name) => name.endsWith('.socket'));
  if (isWanted || unit === undefined || variables['LISTEN_PID'] !== String(pid)) return null;
  return `web.systemd_socket: expected true, found false: systemd passed on the sockets of ${unit}. Set it, or disable that unit`;
}

/** The sockets that systemd listens on for this process. Throws a {@link ConfigurationRefusal} if there are none. */
export function inheritedSockets({ pid, variables }: SystemdVariables): readonly InheritedSocket[] {
  const { LISTEN_PID: forPid, LISTEN_FDS: count } = variables;
  const expected = 'web.systemd_socket: expected sockets of systemd, which a .socket unit passes on at the start';
  if (count === undefined || forPid === undefined) {
    throw new ConfigurationRefusal(`${expected}, found none (LISTEN_FDS and LISTEN_PID are not set)`);
  }
  if (forPid !== String(pid)) {
    throw new ConfigurationRefusal(`${expected}, found those of another process (LISTEN_PID is ${forPid}, not ${pid})`);
  }
  if (!/^[1-9]\d{0,3}$/.test(count)) throw new ConfigurationRefusal(`${expected}, found LISTEN_FDS=${count}`);
  return Array.from({ length: Number(count) }, (_, index) => ({ fd: FIRST + index }));
}
