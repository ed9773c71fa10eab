import { printableJson } from '../../core/text.ts';
import type { FollowedEvent } from '../../follow/feed/feed-event.ts';
import type { KnownServer } from '../../follow/feed/known-server.ts';
import { systemClock } from '../../follow/follow-clock.ts';
import type { Notice } from '../../follow/notice/notice.ts';
import { textOf } from '../../follow/notice/text-line.ts';
import { createDesktop, DESKTOP_TOOLS, type DesktopTool } from '../../follow/sink/desktop.ts';
import { createExec } from '../../follow/sink/exec.ts';
import { createRunCommand, type RunCommand } from '../../follow/sink/own-command.ts';
import { createTmuxMessage } from '../../follow/sink/tmux-message.ts';
import { findExecutable } from '../../proc/command/executable.ts';
import { createAsker } from '../../tmux/asker.ts';
import { type Terminal, wantsColours } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { WatchOptions } from './watch-options.ts';

/** The receivers of events: programs get every event, people get notices, of which several may become one summary. */
export interface Sinks {
  readonly events: readonly ((event: FollowedEvent) => Promise<void>)[];
  readonly notices: readonly ((notice: Notice) => Promise<void>)[];
}

/** Options of {@link createSinks}. */
export interface SinkParts {
  /** The living servers, including those that the filters leave out. */
  readonly living: () => Promise<readonly KnownServer[]>;
  /** Called with a line for people if something goes wrong. */
  readonly complain: (message: string) => void;
  /** Ends running commands. */
  readonly signal: AbortSignal;
}

/** Creates the sinks for the options; text if nothing else writes to stdout. Throws a {@link UsageError} if there is no tool for the desktop. */
export async function createSinks(options: WatchOptions, terminal: Terminal, parts: SinkParts): Promise<Sinks> {
  const { exec, json, desktop, tmux, bell } = options;
  const run = createRunCommand((leader, signal) => terminal.environment.signal(-leader, signal));
  return {
    events: [...(json ? [jsonSink(terminal)] : []), ...(exec ? [execSink(exec, options, terminal, run, parts)] : [])],
    notices: [
      ...(json || exec ? [] : [textSink(terminal)]),
      ...(bell ? [bellSink(terminal)] : []),
      ...(desktop ? [await desktopSink(terminal, run, parts)] : []),
      ...(tmux ? [tmuxSink(terminal, parts)] : []),
    ],
  };
}

function jsonSink({ write }: Terminal): (event: FollowedEvent) => Promise<void> {
  return ({ json }) => write(`${printableJson(json)}\n`);
}

function execSink(
  argv: readonly string[],
  { jobs, timeoutMs }: WatchOptions,
  { env }: Terminal,
  run: RunCommand,
  { complain, signal }: SinkParts,
): (event: FollowedEvent) => Promise<void> {
  return createExec({ argv, env, jobs, timeoutMs, run, clock: systemClock, complain }, signal);
}

function textSink({ write, isStdoutTerminal, env }: Terminal): (notice: Notice) => Promise<void> {
  const isColoured = isStdoutTerminal && wantsColours(env);
  return (notice) => write(textOf(notice, isColoured));
}

const BELL = '\u0007';

function bellSink({ write, stderr, isStdoutTerminal, isInteractive }: Terminal): () => Promise<void> {
  return async () => {
    if (isStdoutTerminal) await write(BELL);
    else if (isInteractive) stderr(BELL);
  };
}

async function desktopSink({ env, environment }: Terminal, run: RunCommand, { complain }: SinkParts) {
  const { uid, path } = environment;
  const tool = await findTool(path);
  if (tool === null)
    throw new UsageError(`--desktop: expected one of ${DESKTOP_TOOLS.join(', ')} in PATH: install libnotify`);
  return createDesktop({ tool, env, uid, run, complain });
}

/** Finds the best installed tool; null if there is none. */
async function findTool(path: string): Promise<DesktopTool | null> {
  for (const kind of DESKTOP_TOOLS) {
    const found = await findExecutable(kind, path);
    if (found !== null) return { kind, path: found };
  }
  return null;
}

const TMUX_TIMEOUT_MS = 5_000;

function tmuxSink({ environment: { hostname, uid, pid } }: Terminal, { living }: SinkParts) {
  return createTmuxMessage({
    host: hostname,
    living,
    ask: createAsker({ ownUid: uid, pid, timeoutMs: TMUX_TIMEOUT_MS }),
  });
}
