import { join } from 'node:path';
import type { Command } from 'commander';
import { printable } from '../../core/text.ts';
import { makeFolder } from '../../files/folder.ts';
import { createFeedClient } from '../../follow/feed/feed-client.ts';
import { type Clock, pause, systemClock } from '../../follow/follow-clock.ts';
import { Coalescer } from '../../follow/notice/coalescer.ts';
import { noticeOf } from '../../follow/notice/notice.ts';
import { Feeds } from '../../follow/session/feeds.ts';
import { Follower } from '../../follow/session/follower.ts';
import { type FollowState, StateFile } from '../../follow/session/state.ts';
import { Claim } from '../../follow/shell/claim.ts';
import { type MarkOf, ShellRoster } from '../../follow/shell/shell-roster.ts';
import { Spool } from '../../follow/shell/spool.ts';
import { isZombie, readStat } from '../../proc/process/process-stat.ts';
import { accessOf } from '../access.ts';
import { isWantedBy, readFeedOptions, wantedBy } from '../feed-options.ts';
import { EXIT, STATE_CURE, type Terminal } from '../terminal.ts';
import { formerShellFolder, shellFolder } from './shell-options.ts';

/** `shell-follow`: follows the feed for all shells of the user, until the last shell has ended. A second instance ends immediately. */
export async function runShellFollow(command: Command, terminal: Terminal): Promise<number> {
  const options = readFeedOptions(command, terminal);
  const folder = shellFolder(options, terminal);
  try {
    makeFolder(folder);
  } catch (error) {
    terminal.stderr(
      `notices cannot be kept: ${printable(error instanceof Error ? error.message : String(error))}; ${STATE_CURE}\n`,
    );
    return EXIT.failed;
  }
  const markOf = createMarkOf(terminal);
  const claim = new Claim(join(folder, 'follower'), terminal.pid, markOf);
  if (!claim.take()) return EXIT.fine;
  const roster = new ShellRoster(join(folder, 'shells'), markOf);
  const spool = new Spool(folder);
  const coalescer = new Coalescer(systemClock, async (notice) => {
    spool.add(notice);
    roster.wake();
  });
  const former = join(formerShellFolder(options, terminal), 'state.json');
  const file = new StateFile(join(folder, 'state.json'), String(terminal.pid), [former]);
  const follower = new Follower({
    client: createFeedClient(accessOf(options, terminal), wantedBy(options)),
    clock: systemClock,
    random: Math.random,
    route: new Feeds().add(file.load(), (state) => keep(file, state)),
    since: null,
    isOnce: false,
    wants: isWantedBy(options),
    handle: (event) => coalescer.add(noticeOf(event)),
    onReplay: (count) => coalescer.expect(count),
    onStatus: () => {},
  });
  const ending = endOf(terminal, systemClock, () => claim.isOurs && roster.sweep() > 0);
  try {
    await follower.run(ending);
    return EXIT.fine;
  } finally {
    coalescer.close();
    claim.release();
  }
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

/** Returns a signal that aborts at SIGINT, at SIGTERM, and when no shell is left. SIGHUP is ignored: other shells outlive the terminal that started us. */
function endOf({ onSignal }: Terminal, clock: Clock, isNeeded: () => boolean): AbortSignal {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) onSignal(signal, () => ending.abort());
  onSignal('SIGHUP', () => {});
  const sweepUntilUnneeded = async () => {
    while (!ending.signal.aborted && isNeeded()) await pause(clock, SWEEP_MS, ending.signal);
    ending.abort();
  };
  void sweepUntilUnneeded();
  return ending.signal;
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
