import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerEntry } from '../config/entry/server-entry.ts';
import { nameOfSocket } from '../core/model/name.ts';
import { isSameEntry, type Registration, type Target } from '../core/model/server.ts';
import type { ServerRecord } from '../core/record/record.ts';
import type { Registry } from '../core/registry/registry.ts';
import type { ServersPort } from '../http/ports.ts';
import { describeServer, type ServerJson } from '../http/server-json.ts';
import { canonicalTarget, enter } from './entrance.ts';

/** The configured servers as targets. A bare name is a socket in one's own socket directory; a socket without a name is named after its path, even if it does not exist. */
export function configuredTargets(entries: readonly ServerEntry[], ownDirectory: string): Target[] {
  return entries.map((entry): Target => {
    const registration: Registration = 'static';
    if (entry.kind === 'name') return { name: entry.name, socket: join(ownDirectory, entry.name), registration };
    const name = entry.name ?? nameOfSocket({ socket: entry.socket, ownDirectory, owner: null });
    return { name, socket: entry.socket, registration };
  });
}

/** Describes every registered server. */
export function describeServers(registry: Registry): ServerJson[] {
  const { records, tombstones } = registry.view();
  const deaths = new Map(tombstones.map((tombstone) => [tombstone.name, tombstone]));
  return records.map((record) => describeServer(record, deaths.get(record.target.name) ?? null));
}

/** How long a registration by the API waits for the first answer of the server, which may hang. */
const LONGEST_WAIT_MS = 2_000;

/** The registry for the API. `poll` polls a server at once, and settles when that is done. */
export function createServersPort(registry: Registry, poll: (name: string) => Promise<void>): ServersPort {
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
    put: async (name, socket) => {
      const target: Target = { name, socket, registration: 'api' };
      const known = registry.get(name);
      if (known && isSameEntry(known.target, target)) followEntry(registry, known);
      const result = enter(registry, target);
      if (result.kind === 'refused') return result;
      await Promise.race([poll(name), delay(LONGEST_WAIT_MS, undefined, { ref: false })]);
      const record = registry.get(name);
      // Only the answer shows whether the socket leads to a server that is already registered: if so, it is refused now.
      const now = record || result.kind === 'unchanged' ? result : enter(registry, target);
      return now.kind === 'refused' ? now : { kind: now.kind, server: describe(record ?? now.record) };
    },
    remove: (name) => registry.deregister(name, true),
  };
}

/** Registers the configured servers that are not registered yet, and updates the socket of those that are not running. Returns the refusals by name. */
export function registerConfigured(registry: Registry, targets: readonly Target[]): ReadonlyMap<string, string> {
  const refusals = new Map<string, string>();
  for (const target of targets) {
    const known = registry.get(target.name);
    if (known?.target.registration === 'static' && isEntryOf(known.target, target, targets)) {
      followEntry(registry, known, target);
      continue;
    }
    const result = enter(registry, target);
    if (result.kind === 'refused') refusals.set(target.name, result.message);
  }
  return refusals;
}

/** Whether a registered server comes from the entry `wanted`. A bare name has another path if the socket directory is another one: then no entry has the former path. */
function isEntryOf(known: Target, wanted: Target, all: readonly Target[]): boolean {
  return isSameEntry(known, wanted) || !all.some((other) => isSameEntry(other, known));
}

/** Moves the servers that the API registered, and that do not live, to where their paths lead now. */
export function followLinks(registry: Registry): void {
  for (const record of registry.list()) if (record.target.registration === 'api') followEntry(registry, record);
}

/** Moves a server that does not live to where the path of its entry leads now. */
function followEntry(registry: Registry, { target, life }: ServerRecord, entry: Target = target): void {
  if (life !== null) return;
  const { socket, given = socket } = canonicalTarget(entry);
  if (socket !== target.socket) registry.move(target.name, socket, given);
}

/** The names of static servers that are not in `wanted`. */
export function superfluous(registry: Registry, wanted: readonly Target[]): string[] {
  const isWanted = ({ target }: ServerRecord) =>
    wanted.some(
      (other) =>
        isSameEntry(other, target) || (other.name === target.name && canonicalTarget(other).socket === target.socket),
    );
  return registry
    .list()
    .filter((record) => record.target.registration === 'static' && !isWanted(record))
    .map(({ target }) => target.name);
}
