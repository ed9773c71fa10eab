import { setMaxListeners } from 'node:events';
import { Lane } from '../../core/lane.ts';
import { printable } from '../../core/text.ts';
import type { FollowedEvent } from '../feed/feed-event.ts';
import { type Clock, pause } from '../follow-clock.ts';
import type { Command, CommandEnd, RunCommand } from './own-command.ts';

/** Options of {@link createExec}. */
export interface ExecOptions {
  /** The command and its arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Maximum number of commands at the same time. */
  readonly jobs: number;
  readonly timeoutMs: number;
  readonly run: RunCommand;
  readonly clock: Clock;
  /** Called with a line for people if a command failed. */
  readonly complain: (message: string) => void;
}

/** The first and the longest pause before a command that could not be started is started again. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Creates the handler that runs a command for each event, with its texts in `TMUX_EXPORTER_EVENT_*` variables and the whole event as JSON on
 * stdin. An event is handled when its command has ended, however it ended: a command that always fails must not block later events.
 * A command that could not be started has not seen the event, so it is started again until it can be.
 * If `signal` ends the command, the event is not handled: the promise never resolves.
 */
export function createExec(options: ExecOptions, signal: AbortSignal): (event: FollowedEvent) => Promise<void> {
  const { argv, env, jobs, timeoutMs, complain } = options;
  const [file = '', ...args] = argv;
  const pool = new Lane(jobs);
  // Each running command listens to the signal: Node takes more than ten listeners for a leak.
  setMaxListeners(0, signal);
  return async (event) => {
    const variables = { ...env, ...eventVariables(event) };
    const stdin = `${event.json}\n`;
    const end = await pool.run(async () => {
      if (signal.aborted) return null;
      return runOnceStarted({ file, args, env: variables, stdin, output: 'inherit', timeoutMs }, options, signal);
    });
    if (end === null || signal.aborted) return new Promise(() => {});
    const problem = problemOf(end, timeoutMs);
    if (problem !== null) complain(`${file}: ${problem} (${event.type} ${event.id ?? 'without an id'})`);
  };
}

/** Runs a command, again after growing pauses as long as it cannot be started. */
async function runOnceStarted(
  command: Command,
  { run, clock, complain }: ExecOptions,
  signal: AbortSignal,
): Promise<CommandEnd> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
    const end = await run(command, signal);
    if (end.kind !== 'not_started' || end.code === TOO_LARGE || signal.aborted) return end;
    complain(`${end.message}; events wait until it can be`);
    await pause(clock, pauseMs, signal);
  }
}

/** The error of an event that does not fit into the variables of a process: it never will. */
const TOO_LARGE = 'E2BIG';

/** The variables that describe an event to a command. Each is text, made safe for a terminal, and empty if the event has no value. */
export function eventVariables(event: FollowedEvent): Record<string, string> {
  const { id, type, time, severity, name, host, server, reason, incident, title, body, synthetic } = event;
  const texts = {
    ID: id,
    TYPE: type,
    TIME: time,
    SEVERITY: severity,
    NAME: name,
    HOST: host,
    SERVER: server?.name,
    SOCKET: server?.socket,
    PID: server?.pid?.toString(),
    REASON: reason,
    INCIDENT: incident,
    TITLE: title,
    BODY: body,
    SYNTHETIC: synthetic ? '1' : '',
  };
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [`TMUX_EXPORTER_EVENT_${name}`, printable(text ?? '')]),
  );
}

function problemOf(end: CommandEnd, timeoutMs: number): string | null {
  switch (end.kind) {
    case 'exited':
      return end.code === 0 ? null : `ended with ${end.code}`;
    case 'killed':
      return `was killed by ${end.signal}`;
    case 'timeout':
      return `did not end within ${timeoutMs / 1_000} s and was killed`;
    case 'not_started':
      return end.message;
  }
}
