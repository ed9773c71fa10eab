import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { machineFolder, programFolder, renamedFolders } from '../../app/machine-folder.ts';
import { shownUrl } from '../../core/exporter-url.ts';
import { errorText, printable } from '../../core/text.ts';
import { makeFolder } from '../../files/folder.ts';
import { type KnownServer, livesIn } from '../../follow/feed/known-server.ts';
import { systemClock } from '../../follow/follow-clock.ts';
import { Coalescer } from '../../follow/notice/coalescer.ts';
import { followAll } from '../../follow/session/follow-all.ts';
import { BadRequest } from '../../follow/session/follower.ts';
import { type FollowState, StateFile } from '../../follow/session/state.ts';
import { accessProblem } from '../access.ts';
import { feedKind } from '../feed-options.ts';
import { createFollowers, type ExporterFollower, refusalText } from '../followers.ts';
import { isStartedByNohup } from '../hangup.ts';
import { EXIT, STATE_CURE, type Terminal } from '../terminal.ts';
import { UnwrittenOutput } from '../unwritten-output.ts';
import { UsageError } from '../usage-error.ts';
import { ownServers } from './own-servers.ts';
import { statusReporter } from './status-line.ts';
import { readWatchOptions, type WatchOptions } from './watch-options.ts';
import { createSinks } from './watch-sinks.ts';

/** `watch`: follows the feeds until a signal ends it, or until the first event with `--once`. Throws a {@link UsageError}. */
export async function runWatch(command: Command, terminal: Terminal): Promise<number> {
  const options = await readWatchOptions(command, terminal);
  const unusable = await accessProblem(options.exporters, terminal);
  if (unusable !== null) {
    terminal.stderr(`${printable(unusable)}\n`);
    return EXIT.failed;
  }
  const { since, once } = options;
  const ending = new AbortController();
  const say = complainer(terminal);
  const living = () => livingOn(terminal, followers, ending.signal);
  const sinks = await createSinks(options, terminal, { living, complain: say, signal: ending.signal });
  const coalescer = new Coalescer(systemClock, async (notice) => {
    await Promise.all(sinks.notices.map((show) => show(notice)));
  });
  const followers = createFollowers(options, terminal, {
    since,
    isOnce: once,
    handle: async (event, notice) => {
      const shown = sinks.notices.length > 0 ? coalescer.add(notice) : null;
      await Promise.all([...sinks.events.map((handle) => handle(event)), shown]);
    },
    stateFileOf: (url) => stateFileOf(url, options, terminal),
    save: saver(say),
    onReplay: (count) => {
      if (!once) coalescer.expect(count);
    },
    observe: (url) => statusReporter(url, terminal),
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) terminal.onSignal(signal, () => ending.abort());
  // Without a listener it would end without its cursor, and leave its commands behind.
  terminal.onSignal('SIGHUP', isStartedByNohup(terminal) ? () => {} : () => ending.abort());
  try {
    await followAll(
      followers.map(({ follower }) => follower),
      systemClock,
      ending.signal,
    );
    return EXIT.fine;
  } catch (error) {
    if (error instanceof BadRequest) throw new UsageError(refusalText(error));
    if (error instanceof UnwrittenOutput) return error.hasReaderLeft ? EXIT.fine : EXIT.failed;
    throw error;
  } finally {
    ending.abort();
    coalescer.close();
  }
}

const LIST_MS = 2_000;

/** Lists the living servers of this machine. Those of other machines are left out: their sockets are not here. */
async function livingOn(
  { environment, env, pid }: Terminal,
  followers: readonly ExporterFollower[],
  signal: AbortSignal,
): Promise<readonly KnownServer[]> {
  const isHere = ({ follower: { host } }: ExporterFollower) => host === null || host === environment.hostname;
  const exporters = followers.filter(({ follower }) => !follower.isFleet);
  const here = followers.length === 1 ? exporters : exporters.filter(isHere);
  const lists = await Promise.all(here.map((one) => livingOf(one, signal)));
  // The feed of a fleet does not list servers.
  const own = exporters.length < followers.length ? await ownServers(env['TMUX_TMPDIR'], environment.uid, pid) : [];
  return [...new Map([...own, ...lists.flat()].map((server) => [server.socket, server])).values()];
}

/** Lists the living servers of an exporter. If it cannot list them, only those are known that the requested events are about. */
async function livingOf({ client, follower }: ExporterFollower, signal: AbortSignal): Promise<readonly KnownServer[]> {
  if (!follower.isFollowing) return follower.living;
  try {
    return livesIn(await client.servers(AbortSignal.any([signal, AbortSignal.timeout(LIST_MS)])));
  } catch {
    return follower.living;
  }
}

/** The state file of this watch for one exporter. Watches with the same options share it. */
function stateFileOf(url: string, options: WatchOptions, { environment, pid }: Terminal): StateFile {
  const { json, exec, desktop, tmux } = options;
  const kind = JSON.stringify([shownUrl(url), ...feedKind(options), json, exec, desktop, tmux]);
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

function saver(say: (message: string) => void): (file: StateFile, state: FollowState) => void {
  return (file, state) => {
    try {
      makeFolder(dirname(file.path));
      file.save(state);
    } catch (error) {
      say(`the cursor cannot be saved: ${errorText(error)}; ${STATE_CURE}`);
    }
  };
}
