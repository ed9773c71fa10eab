import { isAbsolute, join } from 'node:path';
import type { ServerEntry } from '../config/server-entry.ts';
import type { ServerRecord } from '../core/record.ts';
import type { Registry } from '../core/registry.ts';
import type { Registration, Target } from '../core/server.ts';
import type { ServersPort } from '../http/ports.ts';
import { describeServer, type ServerJson } from '../http/server-json.ts';
import { discoveredName } from '../tmux/socket-directories.ts';

/** The configured servers as targets: a bare name is a socket in one's own socket directory, a socket without a name is named as if it had been discovered. */
export function configuredTargets(entries: readonly ServerEntry[], ownDirectory: string): Target[] {
  return entries.map((entry): Target => {
    const registration: Registration = 'static';
    if (entry.kind === 'name') return { name: entry.name, socket: join(ownDirectory, entry.name), registration };
    const name = entry.name ?? discoveredName(entry.socket, ownDirectory, new Map());
    return { name, socket: entry.socket, registration };
  });
}

/** Describes every registered server. */
export function describeServers(registry: Registry): ServerJson[] {
  const { records, tombstones } = registry.view();
  const deaths = new Map(tombstones.map((tombstone) => [tombstone.name, tombstone]));
  return records.map((record) => describeServer(record, deaths.get(record.target.name) ?? null));
}

/** The registry as the API sees it. `onRegistered` is told of a server that is to be looked at now. */
export function createServersPort(registry: Registry, onRegistered: (name: string) => void): ServersPort {
  const describe = (record: ServerRecord) => {
    const tombstone = registry.view().tombstones.find(({ name }) => name === record.target.name);
    return describeServer(record, tombstone ?? null);
  };
  return {
    list: () => describeServers(registry),
    get: (name) => {
      const record = registry.get(name);
      return record ? describe(record) : null;
    },
    put: (name, socket) => {
      const result = registry.register({ name, socket, registration: 'api' });
      if (result.kind === 'refused') return result;
      onRegistered(name);
      return { kind: result.kind, server: describe(result.record) };
    },
    remove: (name) => registry.deregister(name, true),
  };
}

/** What has to change for the configured servers to be `wanted`: those to deregister by name, and those to register. */
export function reconcile(registry: Registry, wanted: readonly Target[]): { remove: string[]; add: readonly Target[] } {
  const isWanted = (record: ServerRecord) =>
    wanted.some(({ name, socket }) => name === record.target.name && socket === record.target.socket);
  const remove = registry
    .list()
    .filter((record) => record.target.registration === 'static' && !isWanted(record))
    .map(({ target }) => target.name);
  return { remove, add: wanted.filter(({ socket }) => isAbsolute(socket)) };
}
