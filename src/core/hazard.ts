import type { SystemdUnit } from './surroundings.ts';

/** Every known danger to a living server. */
export const HAZARDS = ['oom_policy_stop', 'kill_on_logout', 'tmp_cleaner', 'version_skew', 'socket_lost'] as const;
export type Hazard = (typeof HAZARDS)[number];

/** Whether a danger holds for a server, and what a person can do about it. */
export interface HazardFinding {
  readonly hazard: Hazard;
  readonly holds: boolean;
  /** A sentence with the exact command or setting; empty where the danger does not hold. */
  readonly cure: string;
}

/** What could endanger a server; `none` where there is no such thing, null where that is not known. */
export type Danger<T> = T | 'none' | null;

/** A unit, all of which can end with the OOM kill of one process. */
export interface UnitDanger {
  readonly unit: SystemdUnit;
  /** `OOMPolicy=`; null where the unit has none, as scopes have in systemd before 253. */
  readonly oomPolicy: string | null;
  /** Processes in the unit beside the server. */
  readonly companions: number;
}

/** A login that can end a server: the scope of a session, or the manager of a user. */
export interface LogoutDanger {
  readonly of: 'session' | 'user-manager';
  readonly user: string;
  /** Whether its end kills: `KillUserProcesses=` for a session, missing linger for the manager of a user. */
  readonly kills: boolean;
}

/** A program that deletes what is old in a folder, and would delete the socket. */
export interface CleanerDanger {
  readonly cleaner: 'systemd-tmpfiles' | 'tmpreaper' | 'tmpwatch';
  /** The file that tells it to. */
  readonly rule: string;
  readonly folder: string;
  /** Path of the socket as the cleaner meets it: without symbolic links. */
  readonly socket: string;
}

/** Another tmux than the one that a server runs is in use. */
export interface SkewDanger {
  readonly otherBinary: boolean;
}

/** What was found out about the dangers to one server. */
export interface HazardEvidence {
  readonly pid: number;
  readonly unit: Danger<UnitDanger>;
  readonly logout: Danger<LogoutDanger>;
  readonly cleaner: Danger<CleanerDanger>;
  readonly skew: Danger<SkewDanger>;
  readonly socketLost: boolean;
}

/** The dangers to a server of which it is known whether they hold, in the order of {@link HAZARDS}. */
export function judgeHazards({ pid, unit, logout, cleaner, skew, socketLost }: HazardEvidence): HazardFinding[] {
  const findings = [
    finding('oom_policy_stop', unit, endsAsAWhole, oomPolicyCure),
    finding('kill_on_logout', logout, ({ kills }) => kills, logoutCure),
    finding('tmp_cleaner', cleaner, () => true, cleanerCure),
    finding(
      'version_skew',
      skew,
      ({ otherBinary }) => otherBinary,
      () => skewCure(pid),
    ),
    finding(
      'socket_lost',
      { socketLost },
      (state) => state.socketLost,
      () => socketCure(pid),
    ),
  ];
  return findings.filter((found) => found !== null);
}

function finding<T extends object>(
  hazard: Hazard,
  danger: Danger<T>,
  isReal: (danger: T) => boolean,
  cure: (danger: T) => string,
): HazardFinding | null {
  if (danger === null) return null;
  const holds = danger !== 'none' && isReal(danger);
  return { hazard, holds, cure: holds ? cure(danger) : '' };
}

function endsAsAWhole({ oomPolicy, companions }: UnitDanger): boolean {
  return (oomPolicy === 'stop' || oomPolicy === 'kill') && companions > 0;
}

function oomPolicyCure({ unit, oomPolicy }: UnitDanger): string {
  const user = unit.manager === 'user' ? ' --user' : '';
  const danger = `One process of ${unit.name} killed for memory ends all of it (OOMPolicy=${oomPolicy})`;
  if (unit.name.endsWith('.service')) {
    return `${danger}: put OOMPolicy=continue below [Service] with "systemctl${user} edit ${unit.name}".`;
  }
  return `${danger}: start the next server with "systemd-run${user} --scope -p OOMPolicy=continue tmux", or as a service with OOMPolicy=continue.`;
}

function logoutCure({ of, user }: LogoutDanger): string {
  const linger = `"loginctl enable-linger ${user}"`;
  if (of === 'user-manager') return `It ends with the last logout of ${user}: run ${linger}.`;
  return `It ends with the login session that started it (KillUserProcesses=yes): run ${linger} and start the next server with "systemd-run --user --scope tmux", or put ${user} into KillExcludeUsers= in /etc/systemd/logind.conf.`;
}

function cleanerCure({ cleaner, rule, folder, socket }: CleanerDanger): string {
  const home = socket.slice(0, socket.lastIndexOf('/'));
  const danger = `${cleaner} deletes what is old in ${folder} (${rule})`;
  switch (cleaner) {
    case 'systemd-tmpfiles':
      return `${danger} and cannot see that this socket is in use: put "x ${home}" into /etc/tmpfiles.d/tmux.conf.`;
    case 'tmpreaper':
      return `${danger}, sockets in use too: add '${home}/*' to TMPREAPER_PROTECT_EXTRA in /etc/tmpreaper.conf.`;
    case 'tmpwatch':
      return `${danger}, sockets in use too: add "--exclude=${home}" to its command.`;
  }
}

function skewCure(pid: number): string {
  return `tmux was replaced under it, and a new client may not understand it: use "/proc/${pid}/exe" as its client, and restart it when its work is done.`;
}

function socketCure(pid: number): string {
  return `Its socket file was deleted: "kill -USR1 ${pid}" makes it create the socket again.`;
}
