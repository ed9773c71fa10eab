import { existsSync, lstatSync, realpathSync } from 'node:fs';
import type { Patient } from '../core/death/cure.ts';
import type {
  CleanerDanger,
  Danger,
  HazardEvidence,
  LogoutDanger,
  SkewDanger,
  UnitDanger,
} from '../core/death/hazard.ts';
import type { Containment, SystemdUnit } from '../core/model/containment.ts';
import { answerOf, type RunCommand } from './command/command.ts';
import { runsOtherBinary } from './command/tmux-binary.ts';
import type { ContainmentReader } from './containment.ts';
import { listeningSockets } from './kernel/unix-sockets.ts';
import { killsSession, lingers, loginName, readLogindSettings } from './systemd/logind.ts';
import { askUnit, isSystemd } from './systemd/systemd.ts';
import { findReaper } from './systemd/tmp-reapers.ts';
import { cleanedFolderOf, readTmpfilesRules } from './systemd/tmpfiles.ts';

/** A living server to scan for hazards. */
export interface EndangeredServer {
  readonly patient: Patient;
  readonly socketLost: boolean;
  /** `#{version}`, such as `3.5a`. */
  readonly version: string;
  /** Null if it cannot be read. */
  readonly containment: Containment | null;
}

/** Options of {@link findHazards}. */
export interface HazardSearch {
  readonly run: RunCommand;
  readonly ownUid: number | null;
  /** Name or path of the tmux in use; a name is searched in `path`. */
  readonly binary: string;
  readonly path: string;
  readonly reader: ContainmentReader;
  /** Put before every path, for tests. */
  readonly root?: string;
}

const STICKY = 0o1000;

/** Gathers the evidence of hazards to a living server, for `judgeHazards`. It reads some files and runs at most three commands. It never rejects. */
export async function findHazards(server: EndangeredServer, search: HazardSearch): Promise<HazardEvidence> {
  const { patient, socketLost } = server;
  const [unit, logout, skew] = await Promise.all([
    unitDanger(server, search),
    logoutDanger(server, search),
    skewDanger(server, search),
  ]);
  return { patient, unit, logout, cleaner: cleanerDanger(server, search), skew, socketLost };
}

async function unitDanger(
  { patient, containment }: EndangeredServer,
  search: HazardSearch,
): Promise<Danger<UnitDanger>> {
  if (!containment) return null;
  const { unit } = containment;
  if (!unit) return 'none';
  const companions = search.reader.companions(patient.pid, containment);
  const state = await askUnit({ run: search.run, ownUid: search.ownUid, root: search.root ?? '' }, unit);
  return state && companions !== null ? { unit, oomPolicy: state.oomPolicy, companions } : null;
}

async function logoutDanger({ containment }: EndangeredServer, search: HazardSearch): Promise<Danger<LogoutDanger>> {
  if (!containment) return null;
  const { unit } = containment;
  if (!unit || (unit.manager === 'system' && unit.session === null)) return 'none';
  const user = unit.uid === null ? null : loginName(search.root ?? '', unit.uid);
  const kills = user === null ? null : await killsAtLogout(unit, user, search);
  if (user === null || kills === null) return null;
  return { of: unit.session === null ? 'user-manager' : 'session', user, kills };
}

async function killsAtLogout(
  { session }: SystemdUnit,
  user: string,
  { run, root = '' }: HazardSearch,
): Promise<boolean | null> {
  if (session !== null) return killsSession(await readLogindSettings(root, run), user);
  const stays = lingers(root, user);
  return stays === null ? null : !stays;
}

/** What tmux answers to `-V`; one built from git says `tmux next-3.8`. Another answer says nothing about the server. */
const TMUX_VERSION = /^tmux \S+$/;

async function skewDanger({ patient, version }: EndangeredServer, search: HazardSearch): Promise<Danger<SkewDanger>> {
  const { run, binary, path, root = '' } = search;
  const otherBinary = await runsOtherBinary(`${root}/proc`, patient.pid, binary, path);
  if (otherBinary !== true) return otherBinary === null ? null : { otherBinary };
  // Two builds of one version speak the same protocol.
  const used = (await answerOf(run, binary, ['-V']))?.trim();
  return used !== undefined && TMUX_VERSION.test(used) ? { otherBinary: used !== `tmux ${version}` } : null;
}

function cleanerDanger({ patient }: EndangeredServer, { root = '' }: HazardSearch): Danger<CleanerDanger> {
  const place = realPlace(root, patient.socket);
  if (place === null) return null;
  return findReaper(root, place) ?? tmpfilesDanger(root, place);
}

/** Whether systemd-tmpfiles would delete a socket. It keeps sockets that the kernel lists under the same path: not those bound through a symbolic link, or in another network namespace. It also keeps files with the sticky bit. */
function tmpfilesDanger(root: string, socket: string): Danger<CleanerDanger> {
  if (!isSystemd(root)) return existsSync(`${root}/proc/self`) ? 'none' : null;
  const cleaned = cleanedFolderOf(socket, readTmpfilesRules(root));
  if (!cleaned || isSticky(root + socket)) return 'none';
  const listening = listeningSockets(`${root}/proc/1`);
  if (!listening) return null;
  return listening.some(({ path }) => path === socket)
    ? 'none'
    : { cleaner: 'systemd-tmpfiles', rule: cleaned.file, folder: cleaned.folder, socket };
}

function realPlace(root: string, socket: string): string | null {
  try {
    return realpathSync.native(root + socket).slice(root.length);
  } catch {
    return null;
  }
}

function isSticky(path: string): boolean {
  try {
    return (lstatSync(path).mode & STICKY) !== 0;
  } catch {
    return false;
  }
}
