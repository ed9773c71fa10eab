import type { SystemdUnit } from '../model/containment.ts';
import type { Place } from '../model/server.ts';
import { shellWord } from '../text.ts';
import { globFor, socketCure, sparedPlace, versionCure } from './cure.ts';

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
  readonly place: Place;
  readonly unit: Danger<UnitDanger>;
  readonly logout: Danger<LogoutDanger>;
  readonly cleaner: Danger<CleanerDanger>;
  readonly skew: Danger<SkewDanger>;
  readonly socketLost: boolean;
}

/** The dangers to a server of which it is known whether they hold, in the order of {@link HAZARDS}. */
export function judgeHazards({ pid, place, unit, logout, cleaner, skew, socketLost }: HazardEvidence): HazardFinding[] {
  const findings = [
    finding('oom_policy_stop', unit, endsAsAWhole, oomPolicyCure),
    finding('kill_on_logout', logout, ({ kills }) => kills, logoutCure),
    finding('tmp_cleaner', cleaner, () => true, cleanerCure),
    finding(
      'version_skew',
      skew,
      ({ otherBinary }) => otherBinary,
      () => skewCure(pid, place),
    ),
    finding(
      'socket_lost',
      { socketLost },
      (state) => state.socketLost,
      () => lostSocketCure(pid, place),
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
  // The scope of a login is PID 1's, and yet a user's: without --user the next server would be one of the machine.
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

/** Only what is the server's own is exempted: to spare all of `/tmp` would fill the disk. */
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

function skewCure(pid: number, { socket }: Place): string {
  return `tmux was upgraded while it ran, and a new client may not be able to attach: ${versionCure(pid, socket).text}`;
}

function lostSocketCure(pid: number, place: Place): string {
  const { text } = socketCure(pid, place);
  return place.displacedPid === undefined ? `Its socket file was deleted: ${text}` : text;
}
