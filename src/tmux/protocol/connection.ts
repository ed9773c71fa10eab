import { connect } from 'node:net';
import type { Connect } from '../../core/model/observation.ts';
import { Conversation, type Ending } from './conversation.ts';
import { openingBytes } from './message.ts';

/** How a connection to a tmux server ended. */
export type ConnectionEnd =
  | Ending
  /** There was no connection: nothing was sent. */
  | { readonly kind: 'not_connected'; readonly connect: Exclude<Connect, 'accepted'> }
  /** The connection ended before the server said that the command has. */
  | { readonly kind: 'cut' };

/** What a connection needs. */
export interface ConnectionOptions {
  /** A path to connect to. */
  readonly path: string;
  readonly command: readonly string[];
  /** The pid by which the server names us in its message log. */
  readonly pid: number;
  /** The most bytes that are received. */
  readonly maxBytes: number;
  /** Called after each piece that was received while the command goes on. */
  readonly onOutput?: (conversation: Conversation) => void;
  /** Called once, with what the command has written. The connection is closed by then: a server that is about to end waits for its clients to leave. */
  readonly onEnd: (end: ConnectionEnd, conversation: Conversation) => void;
}

/**
 * Opens a connection to a tmux server and runs one command on it. Gives a function that closes it at once, without a word, after which
 * `onEnd` is not called any more. Throws `NotAFrame` if the command is too long.
 */
export function openConnection(options: ConnectionOptions): () => void {
  const { path, command, pid, maxBytes, onOutput, onEnd } = options;
  const opening = openingBytes(command, pid);
  const socket = connect({ path });
  const conversation = new Conversation({ maxBytes, send: (bytes) => socket.write(bytes) });
  let isConnected = false;
  let isOver = false;
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
  socket.on('data', (piece: Buffer) => {
    const ending = conversation.take(piece);
    if (ending) end(ending);
    else if (!isOver) onOutput?.(conversation);
  });
  // A server that dies resets the connection, or breaks the pipe of an answer of ours.
  socket.on('error', (error: NodeJS.ErrnoException) => end(isConnected ? CUT : notConnected(error)));
  socket.once('end', () => end(CUT));
  return () => {
    isOver = true;
    socket.destroy();
  };
}

const CUT: ConnectionEnd = { kind: 'cut' };

function notConnected({ code }: NodeJS.ErrnoException): ConnectionEnd {
  return { kind: 'not_connected', connect: connectOf(code) };
}

/** What the code of a failed `connect` says of what is at the path. */
export function connectOf(code: string | undefined): Exclude<Connect, 'accepted'> {
  return CONNECT_OF[code ?? ''] ?? 'failed';
}

const CONNECT_OF: Readonly<Record<string, Exclude<Connect, 'accepted'>>> = {
  ECONNREFUSED: 'refused',
  ENOENT: 'absent',
  ENOTDIR: 'absent',
  // The backlog of a stopped server is full: it lives.
  EAGAIN: 'busy',
  EACCES: 'denied',
  EPERM: 'denied',
  ENOTSOCK: 'not_a_socket',
  EPROTOTYPE: 'not_a_socket',
};
