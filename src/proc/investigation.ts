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

/** A death to investigate. */
export interface InvestigatedDeath {
  readonly pid: number;
  readonly reason: GoneReason;
}

/** Options of {@link investigate}. */
export interface Investigation {
  readonly reader: ContainmentReader;
  readonly run: RunCommand;
  /** Our own uid; null if the platform has none. */
  readonly ownUid: number | null;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Milliseconds of the system's monotonic clock, which stamps the kernel log. */
  readonly monotonicMs: () => number;
  readonly delay: (ms: number) => Promise<unknown>;
  /** Put before every path, for tests. */
  readonly root?: string;
}

/** Time for systemd to react to a death, and for the journal to store it. */
const JOURNAL_DELAY_MS = 1_000;

/** The logs are read from this long before the last poll: its count of the machine's OOM kills can be a second old. */
const LOG_MARGIN_MS = 2_000;

/** Inode of the first pid namespace, `PROC_PID_INIT_INO`. Only in there do our pids match those of the kernel log. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

const NOT_COUNTED: OomKills = { cgroup: null, vanished: false, own: null, group: null, above: null, machine: null };
const NOT_READ: KernelLog = { source: null, victims: [], fault: null };

/** Gathers the evidence about a death, for `judgeCause`: the counters immediately; the logs, the unit and the login about a second later. It runs at most five commands, each with a timeout. It never rejects. */
export async function investigate(
  before: Containment | null,
  { pid, reason }: InvestigatedDeath,
  investigation: Investigation,
): Promise<CauseEvidence> {
  const kills = before ? investigation.reader.compare(before) : NOT_COUNTED;
  const windowMs = before ? Math.max(0, investigation.now() - before.readAt) : null;
  const counted = { pid, reason, windowMs, kills, kernelLog: NOT_READ, oomd: null, unit: null, logout: null };
  if (!before || reason === 'rebooted') return counted;
  await investigation.delay(JOURNAL_DELAY_MS);
  const journal = await readMessages(before, investigation);
  const [kernelLog, unit, logout] = await Promise.all([
    readKernelLog(before, pid, journal, investigation),
    stateOfUnit(before.unit, pid, journal, investigation),
    logoutOf(before.unit, investigation),
  ]);
  return { ...counted, kernelLog, oomd: oomdKillOf(journal, before.cgroup), unit, logout };
}

/** Reads all journal entries that can explain a death, with one command. */
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
  // journalctl does not report that the kernel's entries are forbidden to us: an empty answer proves nothing.
  return messages.length === 0 ? NOT_READ : { source: 'journal', ...readKernelMessages(messages, pid) };
}

/** The messages of the last `agoMs`. The clock of the kernel log deviates from the monotonic clock by up to 500 ppm. */
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
  const current = isLater ? null : properties;
  let stop: UnitStop | null = current?.stopping || logsStop(journal) ? 'job' : null;
  if (isGoingDown) stop = 'shutdown';
  if (killingOf(journal, pid)) stop = 'killed';
  return {
    unit,
    result: current?.result ?? null,
    oomPolicy: current?.oomPolicy ?? null,
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
