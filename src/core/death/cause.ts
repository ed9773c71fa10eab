import type { LastWord } from '../model/observation.ts';
import type { GoneReason } from '../model/server.ts';
import { printable, shorten, spanText } from '../text.ts';
import type { CauseEvidence, OomVictim } from './evidence.ts';
import { type CauseFacts, causeFacts, checkedText, commandText, isServer, processesText } from './facts.ts';

/** Every cause of a death that can be reported. */
export const CAUSES = [
  'last_session_closed',
  'shut_down',
  'oom_kernel',
  'oom_systemd',
  'unit_stopped',
  'logout',
  'unknown',
] as const;
export type Cause = (typeof CAUSES)[number];

/** The cause that the server itself gave for an orderly end; otherwise `unknown`. */
export function statedCause(reason: GoneReason, word: LastWord | null): Cause {
  return reason === 'exited' && (word === 'last_session_closed' || word === 'shut_down') ? word : 'unknown';
}

/** The longest time between the last check of the living server and its death. Within a longer one, too much else can have happened to blame one thing. */
export const LONGEST_WINDOW_MS = 60_000;

/** Why a server died. */
export interface CauseFinding {
  readonly cause: Cause;
  /** A few sentences for a person: how the cause is known, or which checks found nothing. */
  readonly evidence: string;
  readonly facts: CauseFacts;
}

type Rule = (evidence: CauseEvidence) => readonly [Cause, string] | null;

/** Decides why a server died, from evidence only. If two explanations fit, the cause is `unknown`. */
export function judgeCause(evidence: CauseEvidence): CauseFinding {
  const facts = causeFacts(evidence);
  for (const rule of evidence.reason === 'rebooted' ? [] : RULES) {
    const found = rule(evidence);
    if (found) return { cause: found[0], evidence: found[1], facts };
  }
  return { cause: 'unknown', evidence: checkedText(evidence), facts };
}

/** The kernel log names the processes that the kernel killed, so no other evidence is needed. */
const kernelNamedIt: Rule = (evidence) => {
  const victim = evidence.kernelLog.victims.find((named) => isServer(named, evidence.pid));
  if (!victim) return null;
  const named = `The kernel log says that the OOM killer killed process ${victim.pid} (${commandText(victim.command)})${shortageText(victim)}.`;
  return killedWithItsUnit(evidence) ?? ['oom_kernel', named];
};

/** systemd-oomd kills a whole cgroup with SIGKILL, so a server that ended in an orderly way was not killed by it. */
const oomdKilledIt: Rule = ({ reason, oomd }) =>
  oomd !== null && reason !== 'exited'
    ? [
        'oom_systemd',
        `systemd-oomd killed its cgroup: "${shorten(printable(oomd), 200)}". With ManagedOOMPreference=avoid in the unit, systemd-oomd kills other cgroups first.`,
      ]
    : null;

/** `OOMPolicy=stop` ends the rest of a unit in an orderly way after one process was killed. So a server of it that crashed was killed by the kernel itself. */
const unitEndedForMemory: Rule = (evidence) => {
  const { unit, reason } = evidence;
  if (unit?.result !== 'oom-kill') return null;
  const policy = unit.oomPolicy === null ? '' : `, OOMPolicy=${unit.oomPolicy}`;
  if (reason === 'crashed' && !kernelNamedOthers(evidence)) {
    return (
      killedWithItsUnit(evidence) ?? [
        'oom_kernel',
        `The kernel OOM killer killed it: its unit ${unit.unit.name} failed for that reason (Result=oom-kill${policy}), and the server did not end in an orderly way.`,
      ]
    );
  }
  return [
    'oom_systemd',
    `systemd ended its unit ${unit.unit.name} because the OOM killer killed a process in it (Result=oom-kill${policy}). OOMPolicy=continue in the unit would have kept its other processes alive.`,
  ];
};

/** A count says that a process was killed, not which one. It counts as evidence only together with a crash at the same time. */
const cgroupCountedIt: Rule = (evidence) => {
  const { kills, reason, unit } = evidence;
  if (reason === 'exited' || !isRecent(evidence) || kernelNamedOthers(evidence)) return null;
  const wholeGroup = (kills.group ?? 0) > 0;
  const counted = ((kills.own ?? 0) > 0 && !isShared(kills.cgroup)) || unit?.oomLogged === true;
  if (!wholeGroup && !(counted && reason === 'crashed')) return null;
  return killedWithItsUnit(evidence) ?? ['oom_kernel', `${countedText(evidence)} ${wholeGroup ? GROUP : CRASH}`];
};

const loggedOut: Rule = (evidence) => {
  const { logout, reason } = evidence;
  if (reason === 'crashed' || !isRecent(evidence) || !logout?.ended || !logout.kills) return null;
  return [
    'logout',
    logout.of === 'session'
      ? `Login session ${logout.id} has ended, and logind kills what is left in a session (KillUserProcesses=yes).`
      : `The last login of uid ${logout.id} has ended. Without linger, that stops everything under the user's manager. "loginctl enable-linger ${logout.id}" prevents it.`,
  ];
};

const unitStopped: Rule = (evidence) => {
  const { unit, reason, pid } = evidence;
  if (!unit?.stop || !isRecent(evidence)) return null;
  const { name } = unit.unit;
  if (unit.stop === 'killed') {
    return ['unit_stopped', `systemd killed process ${pid} because stopping its unit ${name} took too long.`];
  }
  if (reason === 'crashed') return null;
  const why =
    unit.stop === 'shutdown' ? 'the machine is shutting down' : 'a stop job for it ran, as after systemctl stop';
  return ['unit_stopped', `systemd stopped its unit ${name}: ${why}.`];
};

const RULES: readonly Rule[] = [
  kernelNamedIt,
  oomdKilledIt,
  unitEndedForMemory,
  cgroupCountedIt,
  loggedOut,
  unitStopped,
];

const CRASH = 'The server did not end in an orderly way.';
const GROUP = 'All processes of a cgroup with memory.oom.group were killed at once.';

function isRecent({ windowMs }: CauseEvidence): boolean {
  return windowMs !== null && windowMs <= LONGEST_WINDOW_MS;
}

/** Whether the kernel log names a process for every counted kill, and the server is not among them. */
function kernelNamedOthers({ kernelLog, kills, pid }: CauseEvidence): boolean {
  const { victims } = kernelLog;
  const isComplete = victims.length >= Math.max(kills.own ?? 0, kills.machine ?? 0, 1);
  return isComplete && !victims.some((victim) => isServer(victim, pid));
}

/** Without accounting per unit, memory is charged to a slice or to the root, and a kill counted there can be of any process. */
function isShared(cgroup: string | null): boolean {
  return cgroup === null || cgroup === '/' || cgroup.endsWith('.slice');
}

function killedWithItsUnit({ kills, unit }: CauseEvidence): readonly [Cause, string] | null {
  if (unit?.oomPolicy !== 'kill' || (kills.group ?? 0) === 0) return null;
  return [
    'oom_systemd',
    `The kernel OOM killer killed its whole unit ${unit.unit.name} at once, because of OOMPolicy=kill. With OOMPolicy=continue, only one process would have been killed.`,
  ];
}

function shortageText({ shortOf, limit }: OomVictim): string {
  if (shortOf === null) return '';
  if (shortOf === 'machine') return ' because the machine was out of memory';
  return ` because the memory limit of ${limit === null ? 'its cgroup' : shorten(printable(limit), 200)} was reached`;
}

function countedText({ kills, unit, windowMs }: CauseEvidence): string {
  const within = `in the ${spanText((windowMs ?? 0) / 1000)} before its death was detected`;
  if (kills.own === null || kills.own === 0 || isShared(kills.cgroup)) {
    return `systemd reports that the kernel OOM killer killed a process of its unit ${unit?.unit.name} ${within}.`;
  }
  return `The kernel OOM killer killed ${processesText(kills.own)} of its cgroup ${shorten(printable(kills.cgroup ?? ''), 200)} ${within}.`;
}
