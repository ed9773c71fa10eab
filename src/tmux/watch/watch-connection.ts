import type { LastWord } from '../../core/model/observation.ts';
import { createProtocolClient } from '../protocol/client.ts';
import { type ConnectionEnd, openConnection } from '../protocol/connection.ts';
import type { Conversation } from '../protocol/conversation.ts';

/** A connection that stays until its server ends. */
export interface WatchConnection {
  /** Whether its server has taken it, so that its end says how the server ended. */
  readonly hasArrived: () => boolean;
  /** Whether the server speaks our version of the protocol, as far as it has said. */
  readonly isUnderstood: () => boolean;
  /** What the server said at its end; null if that proves nothing. It never rejects. */
  readonly ended: Promise<LastWord | null>;
  /** Ends it so that nothing of it stays in the server, as far as that is possible within {@link LEAVE_MS}. */
  readonly leave: () => Promise<void>;
  /** Ends it at once: the server keeps what it has of it. */
  readonly cut: () => void;
}

/** What {@link openWatch} needs. */
export interface WatchConnectionOptions {
  /** A path to connect to: needed until this function returns. */
  readonly path: string;
  /** The path of the socket, to leave by. */
  readonly socket: string;
  /** `#{version}` of the server; null if it is not known. */
  readonly version: string | null;
  /** A channel that nobody else signals. */
  readonly channel: string;
  /** The pid by which servers name us in their message log. */
  readonly pid: number;
}

/** What is asked before the wait. The answer shows that the server has taken the connection: one that it has not yet taken ends without a word however the server ends. */
const QUESTION = ['show-options', '-s', 'exit-unattached'];
const ANSWER = /^exit-unattached (on|off|0|1)\n/;

/** A watch is told nothing but the answer and the end: what says more is no tmux server, and would keep us busy for ever. */
const MAX_BYTES = 16 * 1024;

/** How long a server has to let go of a watch that leaves. */
const LEAVE_MS = 300;

/**
 * Opens a connection that runs `wait-for` on a channel nobody signals. It is in no list of clients, keeps no server alive, and ends
 * within milliseconds of its server: with EXIT if its last session was closed, with SHUTDOWN if it was shut down, without a word in
 * a crash.
 */
export function openWatch(options: WatchConnectionOptions): WatchConnection {
  const { path, socket, version, channel, pid } = options;
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
    leave: async () => {
      // A signal that nobody waits for would stay in the server.
      if (ANSWER.test(answer)) await leaveBySignal(socket, channel, pid, ended);
      cut();
    },
    cut,
  };
}

function answerOf({ stdout }: Conversation): string {
  return stdout.toString('latin1');
}

/** A watch that is only cut off leaves some 3.6 kB in its server; one that is signalled leaves a tenth of it. */
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
      return tellsShutdown(version) && /off|0/.test(exitsUnattached) ? 'last_session_closed' : 'ended';
    case 'cut':
      return exitsUnattached === undefined ? null : 'nothing';
    default:
      return null;
  }
}

/** Whether a server that is shut down always says SHUTDOWN: `#{version}` such as `3.5a` or `next-3.8`. Before 3.2 it may say EXIT. */
function tellsShutdown(version: string | null): boolean {
  const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(version ?? '') ?? []).map(Number);
  return major > 3 || (major === 3 && minor >= 2);
}
