import type { SystemdUnit } from '../model/containment.ts';
import { shellWord } from '../text.ts';
import { globFor, type Patient, socketCure, socketProblem, sparedPlace, versionCure } from './cure.ts';

/** Every known danger to a living server, as the label value of `tmux_server_hazard`. */
export const HAZARDS = ['oom_policy_stop', 'kill_on_logout', 'tmp_cleaner', 'version_skew', 'socket_lost'] as const;
export type Hazard = (typeof HAZARDS)[number];

/** Whether a danger holds for a server, and what a person can do about it. */
export interface HazardFinding {
  readonly hazard: Hazard;
  readonly holds: boolean;
  /** A sentence with the exact command or setting; empty if the danger does not hold. */
  readonly cure: string;
}

/** A possible danger to a server: `none` if there is none, null if unknown. */
export type Danger<T> = T | 'none' | null;

/** A unit that may end as a whole if the OOM killer kills one of its processes. */
export interface UnitDanger {
  readonly unit: SystemdUnit;
  /** `OOMPolicy=`; null if the unit has none, as for scopes before systemd 253. */
  readonly oomPolicy: string | null;
  /** Number of processes in the unit besides the server. */
  readonly companions: number;
}

/** A login whose end can end a server: of one session, or the last one of a user. */
export interface LogoutDanger {
  readonly of: 'session' | 'user-manager';
  readonly user: string;
  /** Whether the end of the login kills: `KillUserProcesses=` for a session, missing linger for the manager of a user. */
  readonly kills: boolean;
}

/** A program that deletes old files in a folder, and would delete the socket. */
export interface CleanerDanger {
  readonly cleaner: 'systemd-tmpfiles' | 'tmpreaper' | 'tmpwatch';
  /** The configuration file that makes it do so. */
  readonly rule: string;
  readonly folder: string;
  /** Path of the socket as the cleaner meets it: without symbolic links. */
  readonly socket: string;
}

/** The tmux that clients use now, compared with the one that the server runs. */
export interface SkewDanger {
  readonly otherBinary: boolean;
}

/** Everything found out about the dangers to one server. */
export interface HazardEvidence {
  readonly patient: Patient;
  readonly unit: Danger<UnitDanger>;
  readonly logout: Danger<LogoutDanger>;
  readonly cleaner: Danger<CleanerDanger>;
  readonly skew: Danger<SkewDanger>;
  readonly socketLost: boolean;
}

/** Decides which dangers hold for a server, in the order of {@link HAZARDS}. Unknown ones are left out. */
export function judgeHazards({ patient, unit, logout, cleaner, skew, socketLost }: HazardEvidence): HazardFinding[] {
  const findings = [
    finding('oom_policy_stop', unit, endsAsAWhole, oomPolicyCure),
    finding('kill_on_logout', logout, ({ kills }) => kills, logoutCure),
    finding('tmp_cleaner', cleaner, () => true, cleanerCure),
    finding(
      'version_skew',
      skew,
      ({ otherBinary }) => otherBinary,
      () => skewCure(patient),
    ),
    finding(
      'socket_lost',
      { socketLost },
      (state) => state.socketLost,
      () => lostSocketCure(patient),
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
  const danger = `If the OOM killer kills one process of ${unit.name}, systemd ends the whole unit (OOMPolicy=${oomPolicy})`;
  if (unit.name.endsWith('.service')) {
    const user = unit.manager === 'user' ? ' --user' : '';
    return `${danger}: put OOMPolicy=continue below [Service] with "systemctl${user} edit ${shellWord(unit.name)}".`;
  }
  // PID 1 manages a login scope, but it belongs to a user. Without --user, the next server would be a unit of the machine.
  const user = unit.uid === null ? '' : ' --user';
  return `${danger}: start the next server with "systemd-run${user} --scope -p OOMPolicy=continue tmux", or as a service with OOMPolicy=continue.`;
}

function logoutCure({ of, user }: LogoutDanger): string {
  const linger = `"loginctl enable-linger ${shellWord(user)}"`;
  if (of === 'user-manager') return `It ends with the last logout of ${user}: run ${linger}.`;
  // Once KillExcludeUsers= is set, root is excluded only if it is named too.
  const excluded = user === 'root' ? 'root' : `root ${user}`;
  return `It ends with the login session that started it (KillUserProcesses=yes): run ${linger} and start the next server with "systemd-run --user --scope tmux", or put "KillExcludeUsers=${excluded}" below [Login] into /etc/systemd/logind.conf.d/tmux-exporter.conf, which takes effect at the next boot.`;
}

/** Exempts only the server's own path: sparing all of `/tmp` would fill the disk. */
function cleanerCure({ cleaner, rule, folder, socket }: CleanerDanger): string {
  const spared = sparedPlace(socket);
  const danger = `${cleaner} deletes old files in ${folder} (${rule})`;
  switch (cleaner) {
    case 'systemd-tmpfiles':
      return `${danger} and cannot see that this socket is in use: add the line "x ${globFor(spared.path)}" to /etc/tmpfiles.d/tmux-exporter.conf.`;
    case 'tmpreaper':
      return `${danger}, even sockets in use: add '${globFor(spared.path)}${spared.isFolder ? '/*' : ''}' to TMPREAPER_PROTECT_EXTRA in /etc/tmpreaper.conf, and keep the existing entries.`;
    case 'tmpwatch':
      return `${danger}, even sockets in use: add ${shellWord(`--exclude=${spared.path}`)} to its command.`;
  }
}

function skewCure(patient: Patient): string {
  return `It runs another build of tmux than the one in use, so a client may not be able to attach. ${versionCure(patient).text}`;
}

function lostSocketCure(patient: Patient): string {
  const { text } = socketCure(patient);
  const problem = socketProblem(patient);
  return text.startsWith(problem) ? text : `${problem} ${text}`;
}
