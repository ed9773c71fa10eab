import { reachedBy, type Target } from '../core/model/server.ts';
import type { SavedServer } from '../core/record/record.ts';
import type { RegistrationResult } from '../core/record/registration.ts';
import { hasLostPath, type Registry } from '../core/registry/registry.ts';
import { canonicalSocketPath, socketFileKey } from '../files/socket-path.ts';

/** Registers the server of a socket, whatever path leads to it: the one way in for what is configured, asked for, or found. */
export function enter(registry: Registry, wanted: Target): RegistrationResult {
  const target = canonicalTarget(wanted);
  follow(registry, target.socket);
  return registry.register(target, socketFileKey(target.socket));
}

/** A target whose socket is reached by its one path. */
export function canonicalTarget(target: Target): Target {
  return reachedBy(target, canonicalSocketPath(target.given ?? target.socket));
}

/** What was kept of a server, by the one path that leads to its socket. A life stays where it was seen last, wherever the path that was given leads by now. */
export function canonicalServer(saved: SavedServer): SavedServer {
  const { target, life } = saved;
  if (life === null) return { ...saved, target: canonicalTarget(target) };
  return { ...saved, target: reachedBy(target, canonicalSocketPath(target.socket)) };
}

/** Lets a server whose socket was moved here be reached by this path. */
function follow(registry: Registry, socket: string): void {
  const file = socketFileKey(socket);
  const server = file === null ? undefined : registry.ofFile(file);
  if (!server?.life || server.target.socket === socket) return;
  const own = socketFileKey(server.target.socket);
  const leadsToIt = own !== null && server.life.files.includes(own) && !hasLostPath(server);
  if (!leadsToIt) registry.move(server.target.name, socket);
}
