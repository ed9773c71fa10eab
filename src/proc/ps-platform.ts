import type { AnsweringSocket, Claim, ProcessLiveness, ProcessMark } from '../core/model/observation.ts';
import type { RunCommand } from './command/command.ts';

/** The line that `ps` prints for one process. */
interface PsLine {
  readonly uid: number;
  /** `Z` is a zombie, `T` is stopped. */
  readonly state: string;
  /** Its start time, in seconds. */
  readonly start: string;
  readonly command: string;
}

const TIMEOUT_MS = 2_000;

/** Reads processes with `ps`, for systems without /proc such as macOS. */
export class PsPlatform {
  readonly #run: RunCommand;

  constructor(run: RunCommand) {
    this.#run = run;
  }

  /** Verifies the pid that a server claims to have; null unless the process is a tmux of the socket's owner. Whether it holds the socket is not visible. */
  async readClaim(pid: number, { uid }: Pick<AnsweringSocket, 'uid'>): Promise<Claim | null> {
    const line = await this.#ask(pid);
    const isTrue = typeof line === 'object' && line.uid === uid && /(^|\/)tmux/.test(line.command);
    return isTrue ? { mark: { pid, start: line.start }, proof: 'unseen', details: null } : null;
  }

  /** Whether the process of a mark still runs. A zombie counts as dead, and so does a pid that is another process by now. */
  async liveness({ pid, start }: ProcessMark): Promise<ProcessLiveness> {
    const line = await this.#ask(pid);
    if (typeof line === 'string') return line === 'none' ? 'dead' : 'unknown';
    return line.start === start && !line.state.startsWith('Z') ? 'alive' : 'dead';
  }

  /** Asks `ps` about a process: `none` if it does not exist, `unknown` if `ps` fails. */
  async #ask(pid: number): Promise<PsLine | 'none' | 'unknown'> {
    const { code, stdout } = await this.#run('ps', ['-o', 'uid=,stat=,lstart=,comm=', '-p', String(pid)], TIMEOUT_MS);
    if (code === 1 && stdout.trim() === '') return 'none';
    const [, uid, state, start, command] = LINE.exec(stdout.trim()) ?? [];
    return code === 0 && uid && state && start && command ? { uid: Number(uid), state, start, command } : 'unknown';
  }
}

/** User, state, start as five words (`Tue Nov 24 01:53:07 2026`), and the command, which can contain spaces. */
const LINE = /^(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(.+)$/;
