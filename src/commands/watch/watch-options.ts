import { Command, Option } from 'commander';
import { parseDuration } from '../../config/kind/duration.ts';
import { parseSince, SINCE_RULE } from '../../core/event/selector.ts';
import { findExecutable } from '../../proc/command/executable.ts';
import { addFeedOptions, type FeedOptions, parser, readFeedOptions } from '../feed-options.ts';
import { refuseMisspeltVariables } from '../given-access.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** The options of `watch`. */
export interface WatchOptions extends FeedOptions {
  /** Where to begin, such as `10m` or `all`; null continues where the last watch of this kind ended. */
  readonly since: string | null;
  readonly json: boolean;
  readonly once: boolean;
  /** A command and its arguments; null for none. */
  readonly exec: readonly string[] | null;
  readonly desktop: boolean;
  readonly tmux: boolean;
  readonly bell: boolean;
  readonly jobs: number;
  readonly timeoutMs: number;
}

const HELP = `
An event is handled when it was written or shown, or when its command has ended.
Only then does the cursor move. It is saved in a folder of the machine in
$XDG_STATE_HOME/tmux-exporter. Watches of one machine that
follow the same feed with the same options share a cursor, and continue where
the last one ended.

A command finds the event in the variables TMUX_EXPORTER_EVENT_ID, _TYPE, _TIME,
_SEVERITY, _NAME (of the exporter in its fleet), _HOST, _SERVER, _SOCKET, _PID,
_REASON, _INCIDENT, _TITLE, _BODY and _SYNTHETIC (1 if the watch found the death
itself). On stdin it gets the whole event as JSON.`;

/** The command line of `watch`. */
export function createWatchCommand(): Command {
  const command = new Command('watch').description(
    'follow the feed: print events, show notices, or run a command per event',
  );
  return addFeedOptions(command, 'info')
    .option(
      '--since <span>',
      'begin this long ago (10m, 12h, 7d), or at the oldest kept event (all)',
      parser((text) => (parseSince(text) === null ? null : text), SINCE_RULE),
    )
    .option('--json', 'print each event as one line of JSON')
    .option('--once', 'exit after the first event')
    .option('--desktop', 'show notices on the desktop (notify-send, terminal-notifier, osascript)')
    .option('--tmux', 'show notices on the clients of your other tmux servers')
    .option('--bell', 'ring the bell of the terminal')
    .option(
      '--jobs <count>',
      'how many commands may run at the same time',
      parser(readJobs, 'a whole number from 1 to 256'),
      4,
    )
    .addOption(timeoutOption())
    .option('--exec', 'run the following command for each event; must be the last option')
    .argument('[command...]', 'the command for --exec, and its arguments')
    .passThroughOptions()
    .addHelpText('after', HELP);
}

/** Reads the options of `watch`. Rejects with a {@link UsageError}. */
export async function readWatchOptions(command: Command, terminal: Terminal): Promise<WatchOptions> {
  const options = command.opts<{
    since?: string;
    json?: true;
    once?: true;
    exec?: true;
    desktop?: true;
    tmux?: true;
    bell?: true;
    jobs: number;
    timeout: number;
  }>();
  const { args } = command;
  if (options.exec && args.length === 0) throw new UsageError('--exec: expected a command after it');
  if (!options.exec && args.length > 0)
    throw new UsageError(`watch takes no arguments, found ${JSON.stringify(args[0])}: a command follows --exec`);
  refuseMisspeltVariables(terminal.env);
  const [program] = args;
  if (program !== undefined && (await findExecutable(program, terminal.environment.path)) === null)
    throw new UsageError(`--exec: expected a program in PATH, or the path of one, found ${JSON.stringify(program)}`);
  return {
    ...(await readFeedOptions(command, terminal)),
    since: options.since ?? null,
    json: options.json ?? false,
    once: options.once ?? false,
    exec: options.exec ? args : null,
    desktop: options.desktop ?? false,
    tmux: options.tmux ?? false,
    bell: options.bell ?? false,
    jobs: options.jobs,
    timeoutMs: options.timeout,
  };
}

/** Node's timers end at 24.8 days. */
const LONGEST_TIMEOUT = '24d';

function timeoutOption(): Option {
  return new Option('--timeout <duration>', 'kill a command after this long')
    .argParser(parser(readTimeout, `a duration such as 30s, at most ${LONGEST_TIMEOUT}`))
    .default(30_000, '30s');
}

function readJobs(text: string): number | null {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return count >= 1 && count <= 256 ? count : null;
}

function readTimeout(text: string): number | null {
  const ms = parseDuration(text);
  return ms !== null && ms > 0 && ms <= (parseDuration(LONGEST_TIMEOUT) ?? 0) ? ms : null;
}
