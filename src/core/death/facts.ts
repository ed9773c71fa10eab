import { printable, shorten, spanText } from '../text.ts';
import type { CauseEvidence, KernelLog, Logout, OomKills, OomVictim, UnitState } from './evidence.ts';

const LONGEST_PATH = 200;

/** What was found out about a death, as JSON of about 300 bytes in an event. Null means unknown. */
export interface CauseFacts {
  /** From the last check of the living server to the first check after its death. */
  readonly window_seconds: number | null;
  /** Path of the cgroup that the server's memory was charged to. */
  readonly cgroup: string | null;
  /** Processes of that cgroup killed for memory within the window. */
  readonly oom_kills: number | null;
  /** Processes of the whole machine killed for memory within the window. */
  readonly machine_oom_kills: number | null;
  readonly kernel_log: 'names_it' | 'names_others' | 'silent' | 'unreadable';
  readonly unit: string | null;
  readonly unit_result: string | null;
  readonly oom_policy: string | null;
  readonly login_ended: boolean | null;
}

/** The facts of a death in the form that events carry. */
export function causeFacts({ pid, windowMs, kills, kernelLog, unit, logout }: CauseEvidence): CauseFacts {
  return {
    window_seconds: windowMs === null ? null : Math.round(windowMs / 100) / 10,
    cgroup: kills.cgroup === null ? null : pathText(kills.cgroup),
    oom_kills: kills.own,
    machine_oom_kills: kills.machine,
    kernel_log: kernelLogFact(kernelLog, pid),
    unit: unit && shorten(unit.unit.name, LONGEST_PATH),
    unit_result: unit?.result ?? null,
    oom_policy: unit?.oomPolicy ?? null,
    login_ended: logout?.ended ?? null,
  };
}

/** The checks that did not find a cause, for a person to read. */
export function checkedText(evidence: CauseEvidence): string {
  const { reason, windowMs, kernelLog, kills, unit, logout } = evidence;
  if (reason === 'rebooted') return 'The machine was restarted. Whether the server died before that is unknown.';
  if (windowMs === null) return 'Unknown: its cgroup and unit were not examined before it died.';
  const checks = [killsText(kills), logText(kernelLog), unitText(unit), logoutText(logout)];
  const fault = kernelLog.fault === null ? '' : ` The kernel log says: "${shorten(printable(kernelLog.fault), 200)}".`;
  return `Unknown. Checked, from ${spanText(windowMs / 1000)} before its death was detected: ${checks.filter((check) => check !== null).join('; ')}.${fault}`;
}

/** Whether the killed process was the server. The pid may belong to another process by then, so the command counts too. */
export function isServer({ pid, command }: OomVictim, serverPid: number): boolean {
  return pid === serverPid && command.startsWith('tmux');
}

/** `1 process`, `2 processes`. */
export function processesText(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

function kernelLogFact({ source, victims }: KernelLog, pid: number): CauseFacts['kernel_log'] {
  if (victims.some((victim) => isServer(victim, pid))) return 'names_it';
  if (victims.length > 0) return 'names_others';
  return source === null ? 'unreadable' : 'silent';
}

function killsText({ cgroup, vanished, own, above, machine }: OomKills): string {
  if (machine === 0) return 'OOM kills (none on this machine)';
  if (own !== null) return `OOM kills in its cgroup ${pathText(cgroup ?? '')} (${own})`;
  const gone = vanished ? `its cgroup ${pathText(cgroup ?? '')} is gone` : 'no count for its cgroup';
  if (above) return `OOM kills (${gone}; below ${pathText(above.cgroup)}: ${above.kills})`;
  return `OOM kills (${gone}; on the machine: ${machine ?? 'unknown'})`;
}

function logText({ source, victims }: KernelLog): string {
  if (source === null) return 'the kernel log (not readable)';
  if (victims.length === 0) return 'the kernel log (no OOM kill)';
  const named = victims.slice(0, 5).map(({ pid, command }) => `${pid} ${commandText(command)}`);
  return `the kernel log (OOM killer killed: ${named.join(', ')})`;
}

function unitText(state: UnitState | null): string | null {
  if (!state) return null;
  const { unit, result } = state;
  return `unit ${unit.name} (${result === null ? 'no result known' : `Result=${result}`})`;
}

function logoutText(logout: Logout | null): string | null {
  if (!logout) return null;
  const what = logout.of === 'session' ? `login session ${logout.id}` : `logins of uid ${logout.id}`;
  if (logout.ended === null) return `${what} (unknown)`;
  return `${what} (${logout.ended ? 'ended' : 'still open'})`;
}

/** The kernel keeps 15 characters of a command. */
export function commandText(command: string): string {
  return shorten(printable(command), 16);
}

function pathText(path: string): string {
  return shorten(printable(path), LONGEST_PATH);
}
