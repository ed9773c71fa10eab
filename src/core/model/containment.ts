/** A systemd unit that holds a server, as its cgroup path names it. */
export interface SystemdUnit {
  /** Such as `tmux.service` or `session-3.scope`. */
  readonly name: string;
  /** Whether PID 1 runs the unit, or the manager of one user. */
  readonly manager: 'system' | 'user';
  /** Whose manager or whose login session it is; null for a unit of the machine. */
  readonly uid: number | null;
  /** logind's id of the login session whose scope it is; null for every other unit. */
  readonly session: string | null;
  /** systemd's id of the unit's present run; null where it cannot be read. */
  readonly invocation: string | null;
}

/** How many processes the kernel OOM killer has killed in a cgroup and all below it. */
export interface OomCount {
  readonly cgroup: string;
  readonly kills: number;
}

/** The cgroup to which a server's memory is charged, and what it counts. The kernel counts an OOM kill in the victim's own cgroup, whoever's limit was reached. */
export interface MemoryCgroup {
  readonly version: 1 | 2;
  /** Path as `/proc/<pid>/cgroup` has it. */
  readonly cgroup: string;
  /** Inode of its folder: a cgroup made anew under the same path has another one, and counts from 0. */
  readonly inode: number;
  /** Processes of this cgroup killed for memory; null where the kernel does not tell. */
  readonly kills: number | null;
  /** How often all of it was killed at once (`memory.oom.group`); null where the kernel does not tell. */
  readonly groupKills: number | null;
  /** Ancestors that count (v2), nearest first: they still tell of a kill when the cgroup itself is gone. */
  readonly above: readonly OomCount[];
}

/** Where a server lives: read while it does, kept with its life, and compared when it has died. Plain JSON. */
export interface Containment {
  /** Unix milliseconds. */
  readonly readAt: number;
  /** Path of its cgroup in systemd's hierarchy; null where there is none. */
  readonly cgroup: string | null;
  readonly unit: SystemdUnit | null;
  readonly memory: MemoryCgroup | null;
  /** OOM kills on the whole machine since boot; null where the kernel does not tell. */
  readonly machineKills: number | null;
}
