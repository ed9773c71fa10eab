import type { OomCount, SystemdUnit } from '../model/containment.ts';
import type { GoneReason } from '../model/server.ts';

/** OOM kills between the last check of the living server and the first check after its death. Null if one of the two counts could not be read. */
export interface OomKills {
  /** Path of the cgroup that the server's memory was charged to. */
  readonly cgroup: string | null;
  /** Whether that cgroup, and its count with it, no longer existed at the second check. */
  readonly vanished: boolean;
  /** Killed processes of that cgroup. */
  readonly own: number | null;
  /** How often the whole cgroup was killed at once. */
  readonly group: number | null;
  /** Killed processes below the nearest ancestor that still has a count; only if the cgroup itself has none. */
  readonly above: OomCount | null;
  /** Killed processes on the whole machine. */
  readonly machine: number | null;
}

/** A process that the OOM killer killed, according to the kernel log. */
export interface OomVictim {
  readonly pid: number;
  readonly command: string;
  /** What was out of memory: the machine, or a cgroup that had reached its limit; null if the log does not say. */
  readonly shortOf: 'machine' | 'cgroup' | null;
  /** Path of the cgroup whose limit was reached; null if there is none, or if the log does not say. */
  readonly limit: string | null;
}

/** What the kernel logged since the last check of the living server. */
export interface KernelLog {
  /** Null if the log could not be read, or if its pids are of another pid namespace. */
  readonly source: 'kmsg' | 'journal' | null;
  /** Oldest first. */
  readonly victims: readonly OomVictim[];
  /** The line that reports a fault of the server itself, such as a segfault; null if there is none. */
  readonly fault: string | null;
}

/** How systemd ended a unit: by a stop job, by SIGKILL after stopping it took too long, or because the machine is shutting down. */
export type UnitStop = 'job' | 'killed' | 'shutdown';

/** What systemd says of a server's unit after its death. */
export interface UnitState {
  readonly unit: SystemdUnit;
  /** `Result=`, such as `success`, `oom-kill` or `signal`; null if it is unknown, or is that of a later run. */
  readonly result: string | null;
  /** `OOMPolicy=`; null if unknown. */
  readonly oomPolicy: string | null;
  readonly stop: UnitStop | null;
  /** Whether the unit's manager logged that the OOM killer killed a process of the unit. */
  readonly oomLogged: boolean;
}

/** Whether a login that a server depended on is over. Null means unknown. */
export interface Logout {
  /** What ends with the login: the scope of one login session, or everything under the manager of a user. */
  readonly of: 'session' | 'user-manager';
  /** Id of the session, or uid. */
  readonly id: string;
  readonly ended: boolean | null;
  /** Whether the end of the login kills: `KillUserProcesses=` for a session, missing linger for the manager of a user. */
  readonly kills: boolean | null;
}

/** Everything found out about a death. The cause is decided from this alone. */
export interface CauseEvidence {
  readonly pid: number;
  readonly reason: GoneReason;
  /** From the last check of the living server to the first check after its death; null if it was never checked. */
  readonly windowMs: number | null;
  readonly kills: OomKills;
  readonly kernelLog: KernelLog;
  /** The line in which systemd-oomd reports that it killed the server's cgroup, or one above; null if there is none. */
  readonly oomd: string | null;
  /** Null if the server ran in no unit. */
  readonly unit: UnitState | null;
  /** Null if the server depended on no login. */
  readonly logout: Logout | null;
}
