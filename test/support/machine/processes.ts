import { readdirSync, readFileSync } from 'node:fs';

/** The command lines of every process that has a path in its own, by pid. */
export function processesOf(path: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const command = Number.isInteger(pid) ? commandOf(pid) : '';
    if (command.includes(path)) found.set(pid, command);
  }
  return found;
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`).split('\0').join(' ').trim();
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
