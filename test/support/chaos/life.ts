/** The ways in which a server is ended. */
export const ENDINGS = ['SIGKILL', 'SIGTERM', 'kill-server', 'last session closed'] as const;
export type Ending = (typeof ENDINGS)[number];

/** One life of a server as it truly was. Times are Unix milliseconds. */
export interface Life {
  /** Name of the socket. */
  readonly name: string;
  readonly pid: number;
  readonly begunAt: number;
  death: Death | null;
  /** Whether its socket file was ever taken from it. */
  lostSocket: boolean;
  /** Whether it was ever stopped. */
  wasStopped: boolean;
  /** Whether another server was started over it while it lived. */
  isDisplaced: boolean;
  /** Whether a person ever took it out of what is watched. */
  wasDeregistered: boolean;
  /** When its death watch was last cut; null if it never was. */
  cutAt: number | null;
}

/** How a life ended. */
export interface Death {
  /** When it was begun to be ended: it cannot have been dead before. */
  readonly at: number;
  readonly ending: Ending;
  /** Whether a death watch was waiting on it then. */
  readonly wasWatched: boolean;
}

/** A time in which the daemon was not what it should be; it lasts while `to` is null. */
export interface Disturbance {
  readonly from: number;
  to: number | null;
}

/** Whether anything disturbed the daemon between two moments. */
export function isDisturbed(disturbances: readonly Disturbance[], from: number, to: number): boolean {
  return disturbances.some((disturbance) => disturbance.from <= to && (disturbance.to ?? to) >= from);
}
