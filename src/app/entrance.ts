import { reachedBy, type Target } from '../core/model/server.ts';
import { hasLostPath, type SavedServer } from '../core/record/record.ts';
import type { RegistrationResult } from '../core/record/registration.ts';
import type { Registry } from '../core/registry/registry.ts';
import { canonicalSocketPath, socketFileKey } from '../files/socket-path.ts';

/** Registers the server of a socket, whatever path leads to it. Every server is registered here: configured, added by the API, or discovered. `file` is the key of its socket file, if it is known: a path can have lost it by now. */
export function enter(registry: Registry, wanted: Target, file?: string): RegistrationResult {
  const target = canonicalTarget(wanted);
  const present = socketFileKey(target.socket);
  follow(registry, target.socket, present);
  return registry.register(target, file ?? present);
}

/** A target with the canonical path of its socket. */
export function canonicalTarget(target: Target): Target {
  return reachedBy(target, canonicalSocketPath(target.given ?? target.socket));
}

/** A stored server with the canonical path of its socket. A living one keeps the socket where it was last seen, even if its given path leads elsewhere by now. */
export function canonicalServer(saved: SavedServer): SavedServer {
  const { target, life } = saved;
  if (life === null) return { ...saved, target: canonicalTarget(target) };
  return { ...saved, target: reachedBy(target, canonicalSocketPath(target.socket)) };
}

/** If the socket of a registered server was moved to this path, or lost its own one, moves its registration too. */
export function follow(registry: Registry, socket: string, file = socketFileKey(socket)): void {
  const server = file === null ? undefined : registry.ofFile(file);
  if (!server?.life || server.target.socket === socket) return;
  const own = socketFileKey(server.target.socket);
  const leadsToIt = own !== null && server.life.files.includes(own) && !hasLostPath(server);
  if (!leadsToIt) registry.move(server.target.name, socket);
}
