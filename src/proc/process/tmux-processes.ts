import { readdirSync } from 'node:fs';
import type { ProcessMark } from '../../core/model/observation.ts';
import { isTmuxServer, markTmuxProcess, ownPidOf } from './process-reading.ts';
import { readStat } from './process-stat.ts';

/** How long a list counts as recent, in milliseconds. To read thousands of processes takes tens of milliseconds. */
const RECENT_MS = 1_000;

/** The pids of all tmux servers; null if the processes cannot be listed. */
export function serverPids(root: string): readonly number[] | null {
  return (
    pidsIn(root)?.filter((pid) => {
      const stat = readStat(root, pid);
      return stat !== null && isTmuxServer(root, pid, stat.command);
    }) ?? null
  );
}

function pidsIn(root: string): readonly number[] | null {
  try {
    return readdirSync(root).map(Number).filter(Number.isInteger);
  } catch {
    return null;
  }
}

/** The tmux servers in other pid namespaces, which call themselves by other pids than we do. */
export class DistantServers {
  readonly #root: string;
  readonly #nowMs: () => number;
  #pids: readonly number[] = [];
  #readAt = Number.NEGATIVE_INFINITY;

  /** `nowMs` is a clock that never steps. */
  constructor(root: string, nowMs: () => number = () => performance.now()) {
    this.#root = root;
    this.#nowMs = nowMs;
  }

  /** The processes that call themselves by a pid: several namespaces can have the same one. One that began within the last second may be missing. */
  called(ownPid: number): readonly ProcessMark[] {
    const now = this.#nowMs();
    if (now - this.#readAt >= RECENT_MS) {
      this.#readAt = now;
      this.#pids = (serverPids(this.#root) ?? []).filter((pid) => ownPidOf(this.#root, pid) !== pid);
    }
    const called = this.#pids.filter((pid) => ownPidOf(this.#root, pid) === ownPid && pid !== ownPid);
    return called.map((pid) => markTmuxProcess(this.#root, pid)).filter((mark) => mark !== null);
  }
}
