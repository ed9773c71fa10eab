import { createFeedClient, type FeedClient } from '../follow/feed/feed-client.ts';
import type { FollowedEvent } from '../follow/feed/feed-event.ts';
import { systemClock } from '../follow/follow-clock.ts';
import { type Notice, noticeOf } from '../follow/notice/notice.ts';
import { Feeds } from '../follow/session/feeds.ts';
import { onlyFirst } from '../follow/session/follow-all.ts';
import type { FollowStatus } from '../follow/session/follow-status.ts';
import { type BadRequest, Follower } from '../follow/session/follower.ts';
import type { Handle } from '../follow/session/progress.ts';
import { SavePace } from '../follow/session/save-pace.ts';
import type { FollowState, StateFile } from '../follow/session/state.ts';
import { accessOf } from './access.ts';
import { type FeedOptions, isWantedBy, wantedBy } from './feed-options.ts';
import type { Terminal } from './terminal.ts';

/** Options of {@link createFollowers}. */
export interface FollowersParts {
  readonly since: string | null;
  /** Whether to stop after the first wanted event of any exporter. */
  readonly isOnce: boolean;
  /** Handles an event. Its notice names the machine first if it comes from a fleet, or if several exporters are followed. */
  readonly handle: (event: FollowedEvent, notice: Notice) => Promise<void>;
  readonly stateFileOf: (url: string) => StateFile;
  readonly save: (file: StateFile, state: FollowState) => void;
  /** Called before this many past events come at once. */
  readonly onReplay: (count: number) => void;
  /** Creates the observer of one exporter's connection. */
  readonly observe: (url: string) => (status: FollowStatus) => void;
}

/** A follower of one exporter, and the client that it uses. */
export interface ExporterFollower {
  readonly follower: Follower;
  readonly client: FeedClient;
}

/** Creates a follower for each exporter of a command. */
export function createFollowers(
  options: FeedOptions,
  terminal: Terminal,
  { since, isOnce, handle, stateFileOf, save, onReplay, observe }: FollowersParts,
): readonly ExporterFollower[] {
  const { exporters, scope } = options;
  const feeds = new Feeds();
  const paces: SavePace[] = [];
  terminal.onExit(() => {
    for (const pace of paces) pace.flush();
  });
  const limited = isOnce ? onlyFirst() : (every: Handle) => every;
  // A Unix socket is on this machine.
  const hostOf = ({ host }: FollowedEvent, url: string) => host ?? (new URL(url).host || terminal.environment.hostname);
  const isOne = exporters.length === 1;
  return exporters.map((exporter) => {
    const { url } = exporter;
    const file = stateFileOf(url);
    const pace = new SavePace(systemClock, (state) => save(file, state));
    paces.push(pace);
    const client = createFeedClient(accessOf(exporter, terminal), wantedBy(options));
    const follower = new Follower({
      client,
      clock: systemClock,
      random: Math.random,
      scope,
      route: feeds.add(file.load(), (state) => pace.save(state)),
      since,
      isOnce,
      wants: isWantedBy(options),
      handle: limited((event) => handle(event, noticeOf(event, event.name ?? (isOne ? null : hostOf(event, url))))),
      onReplay,
      onStatus: observe(url),
    });
    return { follower, client };
  });
}

/** Says for people why an exporter refuses to be followed. */
export function refusalText({ code, message }: BadRequest): string {
  if (code !== 'no_fleet') return `the exporter refused the request: ${message}`;
  return '--scope fleet: expected a hub of a fleet, found an exporter without a fleet: name a hub with --url, or leave out --scope and --host';
}
