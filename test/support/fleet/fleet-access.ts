import type { BusAccess } from '../../../src/bus/connection/credentials.ts';

/** How a host of the tests reaches the bus: its name is its user and its password. `servers` are `host:port`. */
export function accessOf(name: string, servers: readonly string[]): BusAccess {
  return {
    servers,
    login: { kind: 'password', username: name, password: name },
    tls: null,
    name,
    inboxPrefix: `_INBOX_${name}`,
  };
}
