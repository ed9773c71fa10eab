/** The systemd unit that a server runs in, according to its cgroup path. */
export interface SystemdUnit {
  /** Such as `tmux.service` or `session-3.scope`. */
  readonly name: string;
  /** Whether PID 1 runs the unit, or the manager of one user. */
  readonly manager: 'system' | 'user';
  /** The user of the manager or the login session; null for a unit of the machine. */
  readonly uid: number | null;
  /** logind's id of the login session, if the unit is its scope; null for every other unit. */
  readonly session: string | null;
  /** systemd's id of the unit's present run; null if it cannot be read. */
  readonly invocation: string | null;
}

/** How many processes the kernel OOM killer has killed in a cgroup and all below it. */
export interface OomCount {
  readonly cgroup: string;
  readonly kills: number;
}

/** The cgroup that a server's memory is charged to, and its counts of OOM kills. The kernel counts a kill in the cgroup of the killed process, even if the limit of another cgroup was reached. */
export interface MemoryCgroup {
  readonly version: 1 | 2;
  /** Its path, as in `/proc/<pid>/cgroup`. */
  readonly cgroup: string;
  /** Inode of its folder. A new cgroup at the same path has another inode, and counts from 0. */
  readonly inode: number;
  /** Processes of this cgroup killed by the OOM killer; null if the kernel does not report it. */
  readonly kills: number | null;
  /** How often the whole cgroup was killed at once (`memory.oom.group`); null if the kernel does not report it. */
  readonly groupKills: number | null;
  /** Ancestors with counts (v2), nearest first. They still show a kill after the cgroup itself is gone. */
  readonly above: readonly OomCount[];
}

/** Where a server runs: its cgroup, its unit and their counts. Read while it is alive, stored with its life, and compared after its death. Plain JSON. */
export interface Containment {
  /** Unix milliseconds. */
  readonly readAt: number;
  /** Path of its cgroup in systemd's hierarchy; null if there is none. */
  readonly cgroup: string | null;
  readonly unit: SystemdUnit | null;
  readonly memory: MemoryCgroup | null;
  /** OOM kills on the whole machine since boot; null if the kernel does not report it. */
  readonly machineKills: number | null;
}
