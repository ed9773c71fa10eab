import type { CauseEvidence, KernelLog, Logout, OomKills, UnitState, UnitStop } from '../core/death/evidence.ts';
import type { Containment, SystemdUnit } from '../core/model/containment.ts';
import type { GoneReason } from '../core/model/server.ts';
import type { RunCommand } from './command/command.ts';
import type { ContainmentReader } from './containment.ts';
import { readKernelMessages } from './kernel/kernel-message.ts';
import { type KmsgRecord, readKmsg } from './kernel/kmsg.ts';
import { readLink } from './kernel/text-file.ts';
import { type JournalEntry, readJournal } from './systemd/journald.ts';
import {
  hasSessionEnded,
  hasUserLeft,
  killsSession,
  lingers,
  loginName,
  readLogindSettings,
} from './systemd/logind.ts';
import { killingOf, logsOomKill, logsStop, oomdKillOf, termsOfUnit } from './systemd/manager-message.ts';
import { askUnit, isShuttingDown, isSystemd } from './systemd/systemd.ts';

/** A death that is to be explained. */
export interface InvestigatedDeath {
  readonly pid: number;
  readonly reason: GoneReason;
}

/** What is needed to find out about a death. */
export interface Investigation {
  readonly reader: ContainmentReader;
  readonly run: RunCommand;
  /** The uid we run as; null where the platform has none. */
  readonly ownUid: number | null;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Milliseconds of the system's monotonic clock, by which the kernel stamps its log. */
  readonly monotonicMs: () => number;
  readonly delay: (ms: number) => Promise<unknown>;
  /** Stands before every path, for tests. */
  readonly root?: string;
}

/** systemd acts on a death when it sees it, and the journal has it a little later. */
const SETTLE_MS = 1_000;

/** The logs are read from a little before the last look on: the count of the machine that it took can be a second old. */
const LOG_MARGIN_MS = 2_000;

/** The first pid namespace has a fixed inode, `PROC_PID_INIT_INO`: only there are our pids those of the kernel's log. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

const NOT_COUNTED: OomKills = { cgroup: null, vanished: false, own: null, group: null, above: null, machine: null };
const NOT_READ: KernelLog = { source: null, victims: [], fault: null };

/** Finds out about a death, for `judgeCause`: reads the counters at once, then, about a second later, the logs, the unit and the login. At most five commands, none longer than their timeout; it never rejects. */
export async function investigate(
  before: Containment | null,
  { pid, reason }: InvestigatedDeath,
  investigation: Investigation,
): Promise<CauseEvidence> {
  const kills = before ? investigation.reader.compare(before) : NOT_COUNTED;
  const windowMs = before ? Math.max(0, investigation.now() - before.readAt) : null;
  const counted = { pid, reason, windowMs, kills, kernelLog: NOT_READ, oomd: null, unit: null, logout: null };
  if (!before || reason === 'rebooted') return counted;
  await investigation.delay(SETTLE_MS);
  const journal = await readMessages(before, investigation);
  const [kernelLog, unit, logout] = await Promise.all([
    readKernelLog(before, pid, journal, investigation),
    stateOfUnit(before.unit, pid, journal, investigation),
    logoutOf(before.unit, investigation),
  ]);
  return { ...counted, kernelLog, oomd: oomdKillOf(journal, before.cgroup), unit, logout };
}

/** Everything in the journal that can tell of this death, in one command. */
async function readMessages(
  { readAt, unit }: Containment,
  { run, root = '' }: Investigation,
): Promise<readonly JournalEntry[]> {
  if (!isSystemd(root)) return [];
  const groups = [['_TRANSPORT=kernel'], ['_SYSTEMD_UNIT=systemd-oomd.service'], ...(unit ? [termsOfUnit(unit)] : [])];
  return (await readJournal(run, readAt - LOG_MARGIN_MS, groups)) ?? [];
}

async function readKernelLog(
  { readAt }: Containment,
  pid: number,
  journal: readonly JournalEntry[],
  { now, monotonicMs, root = '' }: Investigation,
): Promise<KernelLog> {
  if (readLink(`${root}/proc/self/ns/pid`) !== FIRST_PID_NAMESPACE) return NOT_READ;
  const records = await readKmsg(`${root}/dev/kmsg`);
  if (records) {
    const messages = messagesSince(records, now() - readAt, monotonicMs());
    return { source: 'kmsg', ...readKernelMessages(messages, pid) };
  }
  const messages = journal.filter(({ transport }) => transport === 'kernel').map(({ message }) => message);
  // Who may not read the kernel's entries is not told so: without a single one there is nothing to be concluded.
  return messages.length === 0 ? NOT_READ : { source: 'journal', ...readKernelMessages(messages, pid) };
}

/** The kernel's clock for its log runs up to 500 ppm away from the monotonic one. */
function messagesSince(records: readonly KmsgRecord[], agoMs: number, monotonicMs: number): string[] {
  const since = monotonicMs - agoMs - LOG_MARGIN_MS - monotonicMs * 0.0005;
  return records.filter(({ atMs }) => atMs >= since).map(({ text }) => text);
}

async function stateOfUnit(
  unit: SystemdUnit | null,
  pid: number,
  journal: readonly JournalEntry[],
  { run, ownUid, root = '' }: Investigation,
): Promise<UnitState | null> {
  if (!unit) return null;
  const access = { run, ownUid, root };
  const [properties, isGoingDown] = await Promise.all([askUnit(access, unit), isShuttingDown(access)]);
  const isLater = unit.invocation !== null && properties?.invocation !== unit.invocation;
  const told = isLater ? null : properties;
  let stop: UnitStop | null = told?.stopping || logsStop(journal) ? 'job' : null;
  if (isGoingDown) stop = 'shutdown';
  if (killingOf(journal, pid)) stop = 'killed';
  return {
    unit,
    result: told?.result ?? null,
    oomPolicy: told?.oomPolicy ?? null,
    stop,
    oomLogged: logsOomKill(journal),
  };
}

async function logoutOf(unit: SystemdUnit | null, { run, root = '' }: Investigation): Promise<Logout | null> {
  if (!unit || unit.uid === null) return null;
  const user = loginName(root, unit.uid);
  if (unit.session !== null) {
    const kills = user === null ? null : killsSession(await readLogindSettings(root, run), user);
    return { of: 'session', id: unit.session, ended: hasSessionEnded(root, unit.session), kills };
  }
  const stays = user === null ? null : lingers(root, user);
  return {
    of: 'user-manager',
    id: String(unit.uid),
    ended: hasUserLeft(root, unit.uid),
    kills: stays === null ? null : !stays,
  };
}
