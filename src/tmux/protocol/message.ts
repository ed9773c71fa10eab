import { encodeFrame } from './frame.ts';

/** Types of the messages that we send, and of those that we understand (enum msgtype in tmux-protocol.h, tmux 2.9 to 3.8). */
export const MESSAGE = {
  /** The server speaks another protocol version. */
  version: 12,
  identifyFlags: 100,
  identifyTerm: 101,
  identifyTtyName: 102,
  identifyDone: 106,
  identifyClientPid: 107,
  identifyCwd: 108,
  command: 200,
  /** i32 exit code, then perhaps a text. */
  exit: 203,
  /** stderr and stdout up to tmux 3.0: ssize_t size, then BUFSIZ bytes, of which `size` count. */
  oldStderr: 211,
  oldStdout: 213,
  /** The server is shutting down. */
  shutdown: 210,
  /** An order to read a file: i32 stream, i32 fd, path. */
  readOpen: 300,
  /** Our answer: i32 stream, i32 errno. */
  readDone: 302,
  /** An order to open stdout, stderr or a file: i32 stream, i32 fd, i32 flags, path. */
  writeOpen: 303,
  /** i32 stream, bytes. */
  write: 304,
  /** Our answer to writeOpen: i32 stream, i32 errno. */
  writeReady: 305,
  writeClose: 306,
} as const;

/** Orders that a tmux client obeys and ours does not (MSG_DETACH, DETACHKILL, LOCK, SHELL, SUSPEND, EXEC): none of our commands causes one. */
export const ORDERS: ReadonlySet<number> = new Set([201, 202, 206, 209, 214, 217]);

/** The stream numbers of stdout and stderr. */
export const STDOUT = 1;
export const STDERR = 2;

/** EBADF: our answer to an order to open a file. */
export const EBADF = 9;

/** CLIENT_UTF8, the flag of `tmux -u`. Without it the server garbles tabs and names. */
const UTF8 = 0x10000;

/**
 * Encodes the messages that identify the client and run one command, for one write (client_send_identify in client.c). They name no
 * terminal and no environment, and pass no descriptors; the server shows `pid` in its message log. Throws `NotAFrame` if the command does not fit into one frame.
 */
export function openingBytes(command: readonly string[], pid: number): Buffer {
  return Buffer.concat([
    IDENTITY,
    encodeFrame(MESSAGE.identifyClientPid, int32(pid)),
    encodeFrame(MESSAGE.identifyDone),
    encodeFrame(MESSAGE.command, commandData(command)),
  ]);
}

/** Encodes the two i32 of an answer to an order. */
export function answerData(stream: number, errno: number): Buffer {
  const data = Buffer.allocUnsafe(8);
  data.writeInt32LE(stream, 0);
  data.writeInt32LE(errno, 4);
  return data;
}

function commandData(words: readonly string[]): Buffer {
  return Buffer.concat([int32(words.length), Buffer.from(words.map((word) => `${word}\0`).join(''))]);
}

function int32(value: number): Buffer {
  const data = Buffer.allocUnsafe(4);
  data.writeInt32LE(value, 0);
  return data;
}

const IDENTITY = Buffer.concat([
  encodeFrame(MESSAGE.identifyFlags, int32(UTF8)),
  encodeFrame(MESSAGE.identifyTerm, Buffer.from('\0')),
  encodeFrame(MESSAGE.identifyTtyName, Buffer.from('\0')),
  encodeFrame(MESSAGE.identifyCwd, Buffer.from('/\0')),
]);
