import { MAX_NAME_LENGTH } from './name.ts';

/** How a server came to be polled. A stronger registration replaces a weaker one of the same socket. */
export type Registration = 'static' | 'api' | 'discovered';

/** A tmux server to poll: a socket path under the name that labels it everywhere. */
export interface Target {
  readonly name: string;
  /** Absolute path of the socket, by which the server is reached now. */
  readonly socket: string;
  /** The path that a person gave, if the socket is reached by another one: links are resolved, and a record follows a socket that is moved. */
  readonly given?: string;
  readonly registration: Registration;
  /** Only for a server whose path is another server's by now: its process, by which alone it is known. */
  readonly displacedPid?: number;
}

/** What tells two targets apart: the path, and the process where that alone is meant. */
export type Place = Pick<Target, 'socket' | 'displacedPid'>;

/** A key that no two places share. */
export function keyOfPlace({ socket, displacedPid }: Place): string {
  return displacedPid === undefined ? socket : `${displacedPid} displaced from ${socket}`;
}

/** Whether two targets are what one entry of a configuration, or one call of the API, asks for. */
export function isSameEntry(a: Target, b: Target): boolean {
  return a.name === b.name && (a.given ?? a.socket) === (b.given ?? b.socket);
}

/** A target that is reached by another path now. */
export function reachedBy({ given, ...target }: Target, socket: string): Target {
  const asked = given ?? target.socket;
  return { ...target, socket, ...(asked === socket ? {} : { given: asked }) };
}

/** The target of a server whose path another one has taken: under its name and pid. */
export function displacedTarget({ name, socket }: Pick<Target, 'name' | 'socket'>, pid: number): Target {
  const suffix = `+${pid}`;
  const [last = '', ...before] = name.split('/').reverse();
  const own = last.slice(0, MAX_NAME_LENGTH - suffix.length) + suffix;
  return { name: [...before.reverse(), own].join('/'), socket, registration: 'discovered', displacedPid: pid };
}

/** One life of a server: inodes are reused, this pair is not. */
export interface Incarnation {
  readonly pid: number;
  /** `#{start_time}`, Unix seconds. */
  readonly startedAt: number;
}

/** Whether two lives are the same one. */
export function isSameIncarnation(a: Incarnation, b: Incarnation): boolean {
  return a.pid === b.pid && a.startedAt === b.startedAt;
}

/** Every state a registered server can be in. */
export const SERVER_STATES = ['pending', 'up', 'unresponsive', 'unreachable', 'gone'] as const;
export type ServerState = (typeof SERVER_STATES)[number];

/** Why a live server is not to be talked to. */
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
