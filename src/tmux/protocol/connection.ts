import { connect } from 'node:net';
import type { Connect } from '../../core/model/observation.ts';
import { Conversation, type Ending } from './conversation.ts';
import { openingBytes } from './message.ts';

/** How a connection to a tmux server ended. */
export type ConnectionEnd =
  | Ending
  /** No connection was made, so nothing was sent. */
  | { readonly kind: 'not_connected'; readonly connect: Exclude<Connect, 'accepted'> }
  /** The connection ended before the server reported the end of the command. */
  | { readonly kind: 'cut' };

/** Options of {@link openConnection}. */
export interface ConnectionOptions {
  /** A path to connect to. */
  readonly path: string;
  readonly command: readonly string[];
  /** The pid that the server shows for this client in its message log. */
  readonly pid: number;
  /** Maximum number of bytes to receive. */
  readonly maxBytes: number;
  /** Called after each received piece, as long as the command runs. */
  readonly onOutput?: (conversation: Conversation) => void;
  /** Called once, with the output of the command. The connection is closed before: a server that is ending waits for its clients to leave. */
  readonly onEnd: (end: ConnectionEnd, conversation: Conversation) => void;
}

/**
 * Opens a connection to a tmux server and runs one command on it. Returns a function that closes the connection immediately; `onEnd`
 * is not called after that. Throws `NotAFrame` if the command is too long.
 */
export function openConnection(options: ConnectionOptions): () => void {
  const { path, command, pid, maxBytes, onOutput, onEnd } = options;
  const opening = openingBytes(command, pid);
  let isConnected = false;
  let isOver = false;
  const take = (length: number) => {
    const ending = conversation.take(RECEIVED.subarray(0, length));
    if (ending) end(ending);
    else if (!isOver) onOutput?.(conversation);
    return true;
  };
  const socket = connect({ path, onread: { buffer: RECEIVED, callback: take } });
  const conversation = new Conversation({ maxBytes, send: (bytes) => socket.write(bytes) });
  const end = (how: ConnectionEnd) => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    onEnd(how, conversation);
  };
  socket.once('connect', () => {
    isConnected = true;
    socket.write(opening);
  });
  // If the server dies, the connection is reset, or our next write fails with EPIPE.
  socket.on('error', (error: NodeJS.ErrnoException) => end(isConnected ? CUT : notConnected(error)));
  socket.once('end', () => end(CUT));
  return () => {
    isOver = true;
    socket.destroy();
  };
}

/** Takes each received piece of every connection: a conversation copies what it keeps. Node would allocate 64 KiB for each piece. */
const RECEIVED = Buffer.allocUnsafeSlow(65_536);

const CUT: ConnectionEnd = { kind: 'cut' };

function notConnected({ code }: NodeJS.ErrnoException): ConnectionEnd {
  return { kind: 'not_connected', connect: connectOf(code) };
}

/** What the error code of a failed `connect` says about the path. */
export function connectOf(code: string | undefined): Exclude<Connect, 'accepted'> {
  return CONNECT_OF[code ?? ''] ?? 'failed';
}

const CONNECT_OF: Readonly<Record<string, Exclude<Connect, 'accepted'>>> = {
  ECONNREFUSED: 'refused',
  ENOENT: 'absent',
  ENOTDIR: 'absent',
  // The backlog of a stopped server is full: the server is alive.
  EAGAIN: 'busy',
  EACCES: 'denied',
  EPERM: 'denied',
  ENOTSOCK: 'not_a_socket',
  EPROTOTYPE: 'not_a_socket',
};
