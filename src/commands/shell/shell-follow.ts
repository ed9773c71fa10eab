import { uptime } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { errorText, printable } from '../../core/text.ts';
import { makeFolder } from '../../files/folder.ts';
import { type Clock, pause, systemClock } from '../../follow/follow-clock.ts';
import { Coalescer } from '../../follow/notice/coalescer.ts';
import { followAll } from '../../follow/session/follow-all.ts';
import { BadRequest } from '../../follow/session/follower.ts';
import { type FollowState, StateFile } from '../../follow/session/state.ts';
import { Claim } from '../../follow/shell/folder-claim.ts';
import { type MarkOf, ShellRoster } from '../../follow/shell/shell-roster.ts';
import { Spool } from '../../follow/shell/spool.ts';
import { isZombie, readStat } from '../../proc/process/process-stat.ts';
import { type FeedOptions, readFeedOptions } from '../feed-options.ts';
import { createFollowers, refusalText } from '../followers.ts';
import { EXIT, STATE_CURE, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { formerShellFolder, shellFolder, stateName } from './shell-options.ts';

/** `shell-follow`: follows the feed for all shells of the user, until the last shell has ended. A second instance ends immediately. */
export async function runShellFollow(command: Command, terminal: Terminal): Promise<number> {
  const options = await readFeedOptions(command, terminal);
  const folder = shellFolder(options, terminal);
  try {
    makeFolder(folder);
  } catch (error) {
    terminal.stderr(`notices cannot be kept: ${printable(errorText(error))}; ${STATE_CURE}\n`);
    return EXIT.failed;
  }
  const markOf = createMarkOf(terminal);
  const claim = new Claim(join(folder, 'follower'), terminal.pid, markOf);
  if (!claim.take()) return EXIT.fine;
  const roster = new ShellRoster(join(folder, 'shells'), markOf, startOf);
  const spool = new Spool(folder);
  const coalescer = new Coalescer(systemClock, async (notice) => {
    spool.add(notice);
    roster.wake();
  });
  const followers = createFollowers(options, terminal, {
    since: null,
    isOnce: false,
    handle: (_, notice) => coalescer.add(notice),
    stateFileOf: (url) => stateFileOf(url, options, terminal),
    save: keep,
    onReplay: (count) => coalescer.expect(count),
    observe: () => () => {},
  });
  const ending = endOf(terminal, systemClock, () => claim.isOurs && roster.sweep() > 0);
  try {
    await followAll(
      followers.map(({ follower }) => follower),
      systemClock,
      ending,
    );
    return EXIT.fine;
  } catch (error) {
    if (error instanceof BadRequest) throw new UsageError(refusalText(error));
    throw error;
  } finally {
    coalescer.close();
    claim.release();
  }
}

/** The state file of one exporter, in the folder of the shells. */
function stateFileOf(url: string, options: FeedOptions, terminal: Terminal): StateFile {
  const name = stateName(url, options);
  const former = join(formerShellFolder(options, terminal), name);
  return new StateFile(join(shellFolder(options, terminal), name), String(terminal.pid), [former]);
}

/** Saves the state if possible: a notice shown twice after a full disk is better than none. */
function keep(file: StateFile, state: FollowState): void {
  try {
    file.save(state);
  } catch {
    // The next event saves it again.
  }
}

const SWEEP_MS = 2_000;

/** Returns a signal that aborts at SIGTERM, and when no shell is left. Signals of the terminal that started us do nothing: other shells outlive it, and Ctrl-C, Ctrl-\ and Ctrl-Z there are not for us. */
function endOf({ onSignal }: Terminal, clock: Clock, isNeeded: () => boolean): AbortSignal {
  const ending = new AbortController();
  onSignal('SIGTERM', () => ending.abort());
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTSTP'] as const) onSignal(signal, () => {});
  const sweepUntilUnneeded = async () => {
    while (!ending.signal.aborted && isNeeded()) await pause(clock, SWEEP_MS, ending.signal);
    ending.abort();
  };
  void sweepUntilUnneeded();
  return ending.signal;
}

/** Ticks per second of the times in `/proc`, constant for user space (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** When a process started; null without /proc. */
function startOf(pid: number): number | null {
  const stat = readStat('/proc', pid);
  return stat && Date.now() - (uptime() - Number(stat.startTime) / TICKS_PER_SECOND) * 1_000;
}

/** Creates marks from the start times of processes. Without /proc a mark only says that the pid exists. */
function createMarkOf({ environment, platform }: Terminal): MarkOf {
  return (pid) => {
    const stat = readStat('/proc', pid);
    if (stat) return isZombie(stat) ? null : stat.startTime;
    if (platform === 'linux') return null;
    try {
      environment.signal(pid, 0);
      return '';
    } catch {
      return null;
    }
  };
}
