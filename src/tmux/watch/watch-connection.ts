import type { LastWord } from '../../core/model/observation.ts';
import { createProtocolClient } from '../protocol/client.ts';
import { type ConnectionEnd, openConnection } from '../protocol/connection.ts';
import type { Conversation } from '../protocol/conversation.ts';

/** A connection that stays open until its server ends. */
export interface WatchConnection {
  /** Whether the server has accepted it: only then does its end say how the server ended. */
  readonly hasArrived: () => boolean;
  /** Whether the server speaks our version of the protocol; true until it says otherwise. */
  readonly isUnderstood: () => boolean;
  /** Resolves to what the server said at its end; null if that proves nothing. It never rejects. */
  readonly ended: Promise<LastWord | null>;
  /** Ends it so that the server frees all of its memory, if that is possible within {@link LEAVE_MS}. `socket` is a path that leads to the server now. */
  readonly leave: (socket: string) => Promise<void>;
  /** Ends it immediately: the server keeps some memory of it. */
  readonly cut: () => void;
}

/** Options of {@link openWatch}. */
export interface WatchConnectionOptions {
  /** The path to connect to: it must be valid until this function returns. */
  readonly path: string;
  /** `#{version}` of the server; null if it is not known. */
  readonly version: string | null;
  /** Name of a `wait-for` channel that nobody else signals. */
  readonly channel: string;
  /** The pid that servers show for this client in their message log. */
  readonly pid: number;
}

/** The question before the wait. Its answer shows that the server has accepted the connection: before that, a connection ends without a word in any case. */
const QUESTION = ['show-options', '-s', 'exit-unattached'];
const ANSWER = /^exit-unattached (on|off|0|1)\n/;

/** The server sends nothing but the answer and the end. A peer that sends more is no tmux server, and could keep us busy for ever. */
const MAX_BYTES = 16 * 1024;

/** Maximum time for a server to release a watch. */
const LEAVE_MS = 300;

/**
 * Opens a connection that runs `wait-for` on a channel nobody signals. It is not in the list of clients, keeps no server alive, and ends
 * within milliseconds of its server: with EXIT if the last session was closed, with SHUTDOWN if the server was shut down, without a
 * word in a crash.
 */
export function openWatch(options: WatchConnectionOptions): WatchConnection {
  const { path, version, channel, pid } = options;
  const { promise: ended, resolve } = Promise.withResolvers<LastWord | null>();
  let answer = '';
  let isUnderstood = true;
  const close = openConnection({
    path,
    command: [...QUESTION, ';', 'wait-for', channel],
    pid,
    maxBytes: MAX_BYTES,
    onOutput: (conversation) => {
      answer = answerOf(conversation);
    },
    onEnd: (end, conversation) => {
      isUnderstood = end.kind !== 'other_version';
      resolve(lastWordOf(end, answerOf(conversation), version));
    },
  });
  const cut = () => {
    close();
    resolve(null);
  };
  return {
    hasArrived: () => ANSWER.test(answer),
    isUnderstood: () => isUnderstood,
    ended,
    leave: async (socket) => {
      // The server would keep a signal that nobody waits for.
      if (ANSWER.test(answer)) await leaveBySignal(socket, channel, pid, ended);
      cut();
    },
    cut,
  };
}

function answerOf({ stdout }: Conversation): string {
  return stdout.toString('latin1');
}

/** Ends a watch by a signal to its channel. This leaves 0.4 kB in the server; closing the connection leaves 3.6 kB. */
async function leaveBySignal(socket: string, channel: string, pid: number, ended: Promise<unknown>): Promise<void> {
  const run = createProtocolClient({ pid, timeoutMs: LEAVE_MS });
  const { kind } = await run(socket, ['wait-for', '-S', channel]);
  if (kind !== 'exited') return;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, LEAVE_MS);
  await Promise.race([ended, late]);
  clearTimeout(timer);
}

function lastWordOf(end: ConnectionEnd, answer: string, version: string | null): LastWord | null {
  const [, exitsUnattached] = ANSWER.exec(answer) ?? [];
  switch (end.kind) {
    case 'shutdown':
      return 'shut_down';
    case 'exit':
      if (exitsUnattached === undefined || end.code !== 0) return null;
      // With exit-unattached a server ends with its last client, whatever sessions it has.
      return reportsShutdown(version) && /off|0/.test(exitsUnattached) ? 'last_session_closed' : 'ended';
    case 'cut':
      return exitsUnattached === undefined ? null : 'nothing';
    default:
      return null;
  }
}

/** Whether a server of this version always says SHUTDOWN when it is shut down; before 3.2 it may say EXIT. `#{version}` is such as `3.5a` or `next-3.8`. */
function reportsShutdown(version: string | null): boolean {
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version ?? '') ?? []).map(Number);
  return major > 3 || (major === 3 && minor >= 2);
}
