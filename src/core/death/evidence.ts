import type { OomCount, SystemdUnit } from '../model/containment.ts';
import type { GoneReason } from '../model/server.ts';

/** OOM kills between the last look at a living server and the first after its death. Null where one of the two could not be read. */
export interface OomKills {
  /** Path of the cgroup its memory was charged to. */
  readonly cgroup: string | null;
  /** Whether that cgroup was gone by then, and its count with it. */
  readonly vanished: boolean;
  /** Processes of that cgroup. */
  readonly own: number | null;
  /** How often all of that cgroup was killed at once. */
  readonly group: number | null;
  /** Processes below the nearest ancestor that still counts; where nothing nearer does. */
  readonly above: OomCount | null;
  /** Processes on the whole machine. */
  readonly machine: number | null;
}

/** A process that the kernel says it killed for memory. */
export interface OomVictim {
  readonly pid: number;
  readonly command: string;
  /** What was out of memory: the machine, or a cgroup that had reached its limit; null where the kernel does not say. */
  readonly shortOf: 'machine' | 'cgroup' | null;
  /** Path of the cgroup whose limit was reached; null where there is none, or the kernel does not say. */
  readonly limit: string | null;
}

/** What the kernel logged since the last look at a living server. */
export interface KernelLog {
  /** Null where it could not be read, or speaks of other pids than ours (another pid namespace). */
  readonly source: 'kmsg' | 'journal' | null;
  /** Oldest first. */
  readonly victims: readonly OomVictim[];
  /** The line that tells of a fault of the server itself, such as a segfault; null where there is none. */
  readonly fault: string | null;
}

/** How systemd ended a unit: by a job that runs or is logged, by SIGKILL to the server after its stop took too long, or all units because the machine goes down. */
export type UnitStop = 'job' | 'killed' | 'shutdown';

/** What systemd says of a server's unit after its death. */
export interface UnitState {
  readonly unit: SystemdUnit;
  /** `Result=`, such as `success`, `oom-kill` or `signal`; null where it was not told, or is that of a later run. */
  readonly result: string | null;
  /** `OOMPolicy=`; null where it was not told. */
  readonly oomPolicy: string | null;
  readonly stop: UnitStop | null;
  /** Whether its manager logged that the OOM killer killed a process of it. */
  readonly oomLogged: boolean;
}

/** Whether a login that a server depended on is over. Null is not known. */
export interface Logout {
  /** What ends with it: the scope of one login session, or everything under the manager of a user. */
  readonly of: 'session' | 'user-manager';
  /** Id of the session, or uid. */
  readonly id: string;
  readonly ended: boolean | null;
  /** Whether its end kills: `KillUserProcesses=` for a session, missing linger for the manager of a user. */
  readonly kills: boolean | null;
}

/** All that was found out about a death, from which, and from nothing else, its cause is judged. */
export interface CauseEvidence {
  readonly pid: number;
  readonly reason: GoneReason;
  /** From the last look at the living server to the first after its death; null where it was never looked at. */
  readonly windowMs: number | null;
  readonly kills: OomKills;
  readonly kernelLog: KernelLog;
  /** The line in which systemd-oomd tells that it killed its cgroup, or one above; null where there is none. */
  readonly oomd: string | null;
  /** Null where it lived in no unit. */
  readonly unit: UnitState | null;
  /** Null where it depended on no login. */
  readonly logout: Logout | null;
}
