import type { OomVictim } from '../../core/death/evidence.ts';

/** The OOM kills and faults in messages of the kernel. */
export interface KernelReport {
  /** Oldest first. */
  readonly victims: readonly OomVictim[];
  /** The last message about a fault of the given process; null if there is none. */
  readonly fault: string | null;
}

/** Finds OOM kills, and faults of the process `pid`, in kernel messages, oldest first. */
export function readKernelMessages(messages: Iterable<string>, pid: number): KernelReport {
  const victims: OomVictim[] = [];
  let shortOf: OomVictim['shortOf'] = null;
  let choice: Choice | null = null;
  let fault: string | null = null;
  for (const message of messages) {
    choice = parseChoice(message) ?? choice;
    shortOf = shortageOf(message) ?? shortOf;
    const [, digits, command] = KILLED.exec(message) ?? [];
    if (digits !== undefined && command !== undefined) {
      const victim = Number(digits);
      victims.push({ pid: victim, command, shortOf, limit: choice?.pid === victim ? choice.limit : null });
    }
    if (FAULT.exec(message)?.[1] === String(pid)) fault = message;
  }
  return { victims, fault };
}

/** The victim that the kernel chose, and the cgroup whose limit made it choose. */
interface Choice {
  readonly pid: number;
  readonly limit: string | null;
}

/** Parses the line `oom-kill:`, which precedes the kill (Linux 5.0), unless many lines were suppressed. Paths and commands in it can hold any character. */
function parseChoice(message: string): Choice | null {
  const pid = /^oom-kill:constraint=.*,pid=(\d+),uid=\d+$/.exec(message)?.[1];
  if (pid === undefined) return null;
  const limit = /^oom-kill:constraint=CONSTRAINT_MEMCG,.*?,oom_memcg=(.*?),task_memcg=/.exec(message)?.[1];
  return { pid: Number(pid), limit: limit ?? null };
}

function shortageOf(message: string): OomVictim['shortOf'] {
  if (message.startsWith('Memory cgroup out of memory')) return 'cgroup';
  return message.startsWith('Out of memory') ? 'machine' : null;
}

/**
 * `Killed process 42 (tmux: server) total-vm:…`; since Linux 5.0 the reason comes first in the same line. Red Hat's 3.10 has `, UID 1000,`
 * after the command. `Kill process 42 … or sacrifice child` names only a candidate.
 */
const KILLED =
  /^(?:(?:Out of memory|Memory cgroup out of memory)(?: \(oom_kill_allocating_task\))?: )?Killed process (\d+)(?:, UID \d+,)? \((.*)\)(?:, UID \d+)?,? total-vm:/;

/** `tmux: server[42]: segfault at …`, `traps: tmux: server[42] general protection fault …`, `tmux: server[42]: unhandled …`. */
const FAULT = /^(?:traps: )?tmux[^[]{0,12}\[(\d+)\]:? /;
