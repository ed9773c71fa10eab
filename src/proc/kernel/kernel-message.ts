import type { OomVictim } from '../../core/death/evidence.ts';

/** OOM kills and faults, as messages of the kernel tell of them. */
export interface KernelReport {
  /** Oldest first. */
  readonly victims: readonly OomVictim[];
  /** The last line that tells of a fault of the process that was asked for; null where there is none. */
  readonly fault: string | null;
}

/** Reads messages of the kernel, oldest first: who was killed for memory, and whether the process `pid` failed by itself. */
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

/** The line `oom-kill:` comes before the kill (Linux 5.0), unless there were many. Paths and commands in it can hold any character. */
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
 * `Killed process 42 (tmux: server) total-vm:…`, after its reason in the same line since Linux 5.0; with `, UID 1000,` behind
 * the command on Red Hat's 3.10. `Kill process 42 … or sacrifice child` names a candidate only.
 */
const KILLED =
  /^(?:(?:Out of memory|Memory cgroup out of memory)(?: \(oom_kill_allocating_task\))?: )?Killed process (\d+)(?:, UID \d+,)? \((.*)\)(?:, UID \d+)?,? total-vm:/;

/** `tmux: server[42]: segfault at …`, `traps: tmux: server[42] general protection fault …`, `tmux: server[42]: unhandled …`. */
const FAULT = /^(?:traps: )?tmux[^[]{0,12}\[(\d+)\]:? /;
