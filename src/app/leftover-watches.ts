import type { RunCommand } from '../proc/command.ts';
import type { Environment } from './environment.ts';

/** The channel of a death watch: it carries the pid of the daemon that began it. */
const WATCH = /^\s*(\d+)\s.*\bwait-for tmux-exporter-(\d+)-\d+$/;

/** Ends the death watches that a killed daemon left behind, where the kernel did not. They harm nobody, but nobody waits for them either. Gives how many there were. */
export async function endLeftoverWatches(run: RunCommand, { signal, watchChannel }: Environment): Promise<number> {
  const { stdout } = await run('ps', ['-axo', 'pid=,args='], 5_000);
  const leftovers = stdout.split('\n').flatMap((line) => {
    const [, pid, daemon] = WATCH.exec(line) ?? [];
    return pid && daemon && !line.endsWith(watchChannel) && !exists(signal, Number(daemon)) ? [Number(pid)] : [];
  });
  for (const pid of leftovers) exists((leftover) => signal(leftover, 'SIGTERM'), pid);
  return leftovers.length;
}

function exists(signal: (pid: number, name: 0) => void, pid: number): boolean {
  try {
    signal(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code !== 'ESRCH';
  }
}
