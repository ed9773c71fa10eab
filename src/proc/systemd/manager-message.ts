import type { SystemdUnit } from '../../core/model/containment.ts';
import type { JournalEntry } from './journald.ts';

/** Message ids of systemd's catalog (sd-messages.h). */
const UNIT_STOPPING = 'de5b426a63be47a7b6ac3eaac82e2f6f';
const UNIT_OUT_OF_MEMORY = 'fe6faa94e7774663a0da52717891d8ef';
const UNIT_OOMD_KILL = 'd989611b15e44c9dbf31e3c81256e4ed';

/** The journal terms that match the messages of a unit's manager about the unit. They are trusted fields, so nobody can forge them. */
export function termsOfUnit({ name, manager, uid }: SystemdUnit): readonly string[] {
  return manager === 'system' ? ['_PID=1', `UNIT=${name}`] : [`_UID=${uid}`, `USER_UNIT=${name}`];
}

/** Whether the manager logged a job to stop the unit. There is no such job if the unit's last process ends by itself. */
export function logsStop(entries: readonly JournalEntry[]): boolean {
  return entries.some(({ messageId }) => messageId === UNIT_STOPPING);
}

/** Whether the manager logged that the kernel killed a process of the unit for memory. */
export function logsOomKill(entries: readonly JournalEntry[]): boolean {
  return entries.some(({ messageId }) => messageId === UNIT_OUT_OF_MEMORY);
}

/** Whether the manager killed the process itself, as it does if a stop takes too long. */
export function killingOf(entries: readonly JournalEntry[], pid: number): boolean {
  return entries.some(({ message }) => KILLING.exec(message)?.[1] === String(pid));
}

/** Finds the message of systemd-oomd, or of the manager, that this cgroup or one above it was killed; null if there is none. */
export function oomdKillOf(entries: readonly JournalEntry[], cgroup: string | null): string | null {
  const found = entries.find((entry) => entry.messageId === UNIT_OOMD_KILL || isKillOf(entry, cgroup));
  return found?.message ?? null;
}

/** `Killed /user.slice/… due to memory pressure for …`, and `… due to memory used (…) and swap used (…) being more than …`. */
function isKillOf({ fromUnit, message }: JournalEntry, cgroup: string | null): boolean {
  const killed = fromUnit === 'systemd-oomd.service' ? /^Killed (\/.*?) due to /.exec(message)?.[1] : undefined;
  return killed !== undefined && cgroup !== null && `${cgroup}/`.startsWith(`${killed}/`);
}

const KILLING = /: Killing process (\d+) \(.*\) with signal SIGKILL\.?$/;
