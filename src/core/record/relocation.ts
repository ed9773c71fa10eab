import type { SavedServer, ServerRecord } from './record.ts';

/** Where pids were read: pids of one boot and one pid namespace can be compared. A part is null if it is not known. */
export interface PidSpace {
  readonly bootId: string | null;
  /** As `/proc/self/ns/pid` names it. The kernel gives that name to another namespace after a boot. */
  readonly pidNamespace: string | null;
}

/** Whether the exporter certainly moved to another pid namespace, so that the pids that it stored are of other processes, or of none. */
export function isRelocated(before: PidSpace, now: PidSpace): boolean {
  if (before.bootId === null || before.bootId !== now.bootId) return false;
  const namespaces = [before.pidNamespace, now.pidNamespace];
  return !namespaces.includes(null) && before.pidNamespace !== now.pidNamespace;
}

/** A stored server without what was read of its process in another pid namespace. */
export function relocated(saved: SavedServer): SavedServer {
  const { life } = saved;
  return { ...saved, life: life && { ...life, process: null, details: null, containment: null } };
}

/** Whether nothing but its process leads to a server: its socket was lost or lies behind the process, or it never answered. Without the process, nothing can be said of its life. */
export function isKnownByProcessAlone({ target, life, unreachable }: ServerRecord): boolean {
  if (target.displacedPid !== undefined || target.socket.startsWith('/proc/')) return true;
  return life !== null && (life.version === null || unreachable === 'socket_lost' || unreachable === 'wedged');
}
