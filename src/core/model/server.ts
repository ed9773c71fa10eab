import { timeText } from '../text.ts';
import { MAX_NAME_LENGTH } from './name.ts';

/** How a server was registered. A stronger registration replaces a weaker one of the same socket. */
export type Registration = 'static' | 'api' | 'discovered';

/** A tmux server to poll: its socket path, and the name that labels it everywhere. */
export interface Target {
  readonly name: string;
  /** Absolute path of the socket that reaches the server now. */
  readonly socket: string;
  /** The path that a person gave, if it differs from `socket`: links are resolved, and a record follows a socket that is moved. */
  readonly given?: string;
  readonly registration: Registration;
  /** The user that the socket belonged to when it was discovered; not known if an older version discovered it, or if a person named the socket. */
  readonly uid?: number;
  /** Pid of the server; only if another server has taken over its path, so that the pid alone identifies it. */
  readonly displacedPid?: number;
}

/** The identity of a target: its socket path, and the pid of a displaced server. */
export type Place = Pick<Target, 'socket' | 'displacedPid'>;

/** A key that is unique for each place. */
export function keyOfPlace({ socket, displacedPid }: Place): string {
  return displacedPid === undefined ? socket : `${displacedPid} displaced from ${socket}`;
}

/** Whether two targets come from the same entry: of a configuration, or of an API call. */
export function isSameEntry(a: Target, b: Target): boolean {
  return a.name === b.name && (a.given ?? a.socket) === (b.given ?? b.socket);
}

/** The target with a new path that it is reached by now. */
export function reachedBy({ given, ...target }: Target, socket: string): Target {
  const asked = given ?? target.socket;
  return { ...target, socket, ...(asked === socket ? {} : { given: asked }) };
}

/** The target of a server whose path was taken over by another one. Its name gets the pid as a suffix. */
export function displacedTarget({ name, socket }: Pick<Target, 'name' | 'socket'>, pid: number): Target {
  const suffix = `+${pid}`;
  const [last = '', ...before] = name.split('/').reverse();
  const own = last.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix;
  return { name: [...before.reverse(), own].join('/'), socket, registration: 'discovered', displacedPid: pid };
}

/** The identity of one life of a server. Inodes and pids are reused; this pair is not. */
export interface Incarnation {
  readonly pid: number;
  /** `#{start_time}`, Unix seconds. */
  readonly startedAt: number;
}

/** When a life began, as RFC 3339. */
export function startText({ startedAt }: Incarnation): string {
  return timeText(startedAt * 1_000);
}

/** Whether two incarnations are the same life. */
export function isSameIncarnation(a: Incarnation, b: Incarnation): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt;
}

/** Every state a registered server can be in. */
export const SERVER_STATES = ['pending', 'up', 'unresponsive', 'unreachable', 'gone'] as const;
export type ServerState = (typeof SERVER_STATES)[number];

/** Servers by state. States without a server are left out. */
export function countStates(servers: Iterable<{ readonly state: ServerState }>): Partial<Record<ServerState, number>> {
  const counts: Partial<Record<ServerState, number>> = {};
  for (const { state } of servers) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** Why the exporter cannot, or must not, talk to a living server. */
export type UnreachableCause = 'socket_lost' | 'wedged' | 'permission' | 'version_mismatch';

/** Every way a server can have died. */
export const GONE_REASONS = ['exited', 'crashed', 'replaced', 'rebooted', 'lost'] as const;
export type GoneReason = (typeof GONE_REASONS)[number];

/** Every way a poll can fail. */
export const FAILURE_REASONS = [
  'timeout',
  'refused',
  'no_socket',
  'permission',
  'version_mismatch',
  'protocol',
  'parse',
  'spawn',
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];
