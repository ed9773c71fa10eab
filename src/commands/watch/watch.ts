import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { machineFolder, programFolder, renamedFolders } from '../../app/machine-folder.ts';
import { countText, printable } from '../../core/text.ts';
import { makeFolder } from '../../files/folder.ts';
import { createFeedClient, type FeedClient } from '../../follow/feed/feed-client.ts';
import type { FollowedEvent } from '../../follow/feed/feed-event.ts';
import { type KnownServer, livesIn } from '../../follow/feed/known-server.ts';
import { systemClock } from '../../follow/follow-clock.ts';
import { Coalescer } from '../../follow/notice/coalescer.ts';
import { noticeOf } from '../../follow/notice/notice.ts';
import { Feeds } from '../../follow/session/feeds.ts';
import { BadRequest, Follower, type FollowStatus } from '../../follow/session/follower.ts';
import { type FollowState, StateFile } from '../../follow/session/state.ts';
import { accessOf } from '../access.ts';
import { shownUrl } from '../access-options.ts';
import { isWantedBy, wantedBy } from '../feed-options.ts';
import { EXIT, STATE_CURE, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { readWatchOptions, type WatchOptions } from './watch-options.ts';
import { createSinks } from './watch-sinks.ts';

/** `watch`: follows the feed until a signal ends it, or until the first event with `--once`. Throws a {@link UsageError}. */
export async function runWatch(command: Command, terminal: Terminal): Promise<number> {
  const options = readWatchOptions(command, terminal);
  const { url, since, once } = options;
  const ending = new AbortController();
  const say = complainer(terminal);
  const file = stateFileOf(options, terminal);
  const client = createFeedClient(accessOf(options, terminal), wantedBy(options));
  const living = () => livingOf(client, follower, ending.signal);
  const sinks = await createSinks(options, terminal, { living, complain: say, signal: ending.signal });
  const coalescer = new Coalescer(systemClock, async (notice) => {
    await Promise.all(sinks.notices.map((show) => show(notice)));
  });
  const follower = new Follower({
    client,
    clock: systemClock,
    random: Math.random,
    route: new Feeds().add(file.load(), saver(file, say)),
    since,
    isOnce: once,
    wants: isWantedBy(options),
    handle: async (event: FollowedEvent) => {
      const shown = sinks.notices.length > 0 ? coalescer.add(noticeOf(event)) : null;
      await Promise.all([...sinks.events.map((handle) => handle(event)), shown]);
    },
    onReplay: (count) => {
      if (!once) coalescer.expect(count);
    },
    onStatus: statusReporter(url, terminal),
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) terminal.onSignal(signal, () => ending.abort());
  try {
    await follower.run(ending.signal);
    return EXIT.fine;
  } catch (error) {
    if (error instanceof BadRequest) throw new UsageError(`the exporter refused the request: ${error.message}`);
    if (isBrokenPipe(error)) return EXIT.fine;
    throw error;
  } finally {
    ending.abort();
    coalescer.close();
  }
}

const LIST_MS = 2_000;

/** Lists the living servers. If the exporter cannot list them, only those are known that the requested events are about. */
async function livingOf(
  client: FeedClient,
  { living }: Follower,
  signal: AbortSignal,
): Promise<readonly KnownServer[]> {
  try {
    return livesIn(await client.servers(AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)])));
  } catch {
    return living;
  }
}

/** The state file of this watch. Watches with the same options share it. */
function stateFileOf(options: WatchOptions, { environment, pid }: Terminal): StateFile {
  const { url, server, type, severity, json, exec, desktop, tmux } = options;
  const kind = JSON.stringify([shownUrl(url), server, type, severity, json, exec, desktop, tmux]);
  const hash = createHash('sha256').update(kind).digest('hex').slice(0, 16);
  const inside = (folder: string) => join(folder, `watch-${hash}.json`);
  const former = [programFolder(environment), ...renamedFolders(environment)];
  return new StateFile(inside(machineFolder(environment)), String(pid), former.map(inside));
}

/** Reports each problem once, not for each event. */
function complainer({ stderr }: Terminal): (message: string) => void {
  const reported = new Set<string>();
  return (message) => {
    if (!reported.has(message)) stderr(`tmux-exporter watch: ${printable(message)}\n`);
    if (reported.size < 100) reported.add(message);
  };
}

function saver(file: StateFile, say: (message: string) => void): (state: FollowState) => void {
  return (state) => {
    try {
      makeFolder(dirname(file.path));
      file.save(state);
    } catch (error) {
      say(`the cursor cannot be saved: ${error instanceof Error ? error.message : String(error)}; ${STATE_CURE}`);
    }
  };
}

function statusReporter(url: string, { stderr, isInteractive }: Terminal): (status: FollowStatus) => void {
  let before: FollowStatus['kind'] | null = null;
  return (status) => {
    const line = statusLine(status, shownUrl(url), before === 'interrupted');
    const isGreeting = status.kind === 'connected' && before !== 'interrupted';
    if (!isGreeting || (isInteractive && before === null)) stderr(`tmux-exporter watch: ${printable(line)}\n`);
    before = status.kind;
  };
}

function statusLine(status: FollowStatus, url: string, isAgain: boolean): string {
  switch (status.kind) {
    case 'connected':
      return isAgain ? `following ${url} again` : `following ${url}, Ctrl-C ends it`;
    case 'standby':
      return `${url} leads to an exporter that is already followed, and is used if its other address fails`;
    case 'interrupted':
      return `${url} cannot be followed (${status.message}): retrying`;
    case 'gap':
      return gapLine(status.reason, status.missed);
  }
}

function gapLine(reason: string, missed: number | null): string {
  if (missed !== null) return `${countText(missed, 'event')} missed: the exporter no longer has them (${reason})`;
  return `events may be missing: the exporter does not know the last handled one (${reason})`;
}

function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
