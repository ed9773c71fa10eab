import { encodeFrame, type Frame, FrameReader, NotAFrame } from './frame.ts';
import { answerData, EBADF, MESSAGE, ORDERS, STDERR, STDOUT } from './message.ts';
import { Output } from './output.ts';

/** How a server ended a conversation. */
export type Ending =
  /** The command has ended; `message` is what a client would print on stderr. */
  | { readonly kind: 'exit'; readonly code: number; readonly message: string }
  /** The server is shutting down. */
  | { readonly kind: 'shutdown' }
  /** The server speaks another version of the protocol. */
  | { readonly kind: 'other_version'; readonly version: number }
  /** The bytes are not tmux's protocol, or hold an order that none of our commands can cause. */
  | { readonly kind: 'garbled'; readonly message: string }
  /** The server sent more bytes than allowed. */
  | { readonly kind: 'overflow' };

/** Options of a {@link Conversation}. */
export interface ConversationOptions {
  /** Maximum number of received bytes, whatever they are. */
  readonly maxBytes: number;
  /** Sends bytes to the server. */
  readonly send: (bytes: Buffer) => void;
}

/** A server opens stdout and stderr once each per command. Without a limit, a hostile one could make us send answers for ever. */
const MAX_OPENS = 64;

/**
 * The client's side of a conversation with a tmux server, without the socket. It takes the server's bytes, sends the required answers,
 * and collects the output. It never obeys an order of the server: it answers every order to open a file with an error, and ends the
 * conversation at any other order.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #reader = new FrameReader();
  readonly #stdout = new Output();
  readonly #stderr = new Output();
  #received = 0;
  #opens = 0;
  #ending: Ending | null = null;

  constructor(options: ConversationOptions) {
    this.#options = options;
  }

  /** The stdout of the command so far. */
  get stdout(): Buffer {
    return this.#stdout.bytes;
  }

  /** The stderr of the command so far. */
  get stderr(): Buffer {
    return this.#stderr.bytes;
  }

  /** Takes received bytes, in pieces of any size. Returns how the conversation has ended, or null while it goes on; bytes after the end are ignored. */
  take(piece: Buffer): Ending | null {
    if (this.#ending) return this.#ending;
    this.#received += piece.length;
    if (this.#received > this.#options.maxBytes) return this.#end({ kind: 'overflow' });
    try {
      for (const frame of this.#reader.push(piece)) {
        const ending = this.#receive(frame);
        if (ending) return this.#end(ending);
      }
      return null;
    } catch (error) {
      if (error instanceof NotAFrame) return this.#end(garbled(error.message));
      throw error;
    }
  }

  #end(ending: Ending): Ending {
    this.#ending = ending;
    return ending;
  }

  #receive({ type, version, data }: Frame): Ending | null {
    switch (type) {
      case MESSAGE.exit:
        return exitOf(data);
      case MESSAGE.shutdown:
        return { kind: 'shutdown' };
      case MESSAGE.version:
        return { kind: 'other_version', version };
      case MESSAGE.write:
        return this.#write(data);
      case MESSAGE.oldStdout:
        return keepOld(this.#stdout, data);
      case MESSAGE.oldStderr:
        return keepOld(this.#stderr, data);
      case MESSAGE.writeOpen:
        return this.#answerOpen(MESSAGE.writeReady, data);
      case MESSAGE.readOpen:
        return this.#answerOpen(MESSAGE.readDone, data);
      default:
        return ORDERS.has(type) ? garbled(`expected an answer, found the order ${type}`) : null;
    }
  }

  #write(data: Buffer): Ending | null {
    if (data.length < 4) return garbled('expected a stream and bytes, found a shorter message');
    const stream = data.readInt32LE(0);
    if (stream === STDOUT) this.#stdout.add(data.subarray(4));
    if (stream === STDERR) this.#stderr.add(data.subarray(4));
    return null;
  }

  /** Answers an order to open a stream: success for stdout and stderr, an error for a file. */
  #answerOpen(answer: number, data: Buffer): Ending | null {
    if (data.length < 8) return garbled('expected a stream to open, found a shorter message');
    this.#opens++;
    if (this.#opens > MAX_OPENS) return garbled(`expected at most ${MAX_OPENS} streams to open, found more`);
    const stream = data.readInt32LE(0);
    const isOutput = answer === MESSAGE.writeReady && (stream === STDOUT || stream === STDERR);
    this.#options.send(encodeFrame(answer, answerData(stream, isOutput ? 0 : EBADF)));
    return null;
  }
}

function exitOf(data: Buffer): Ending {
  if (data.length === 0) return { kind: 'exit', code: 0, message: '' };
  if (data.length < 4) return garbled(`expected an exit code, found ${data.length} bytes`);
  const code = data.readInt32LE(0);
  const [message = ''] = data.toString('utf8', 4).split('\0');
  return { kind: 'exit', code, message };
}

/** The size field is a ssize_t of the server; BUFSIZ bytes of its C library follow, a multiple of 1,024. */
function keepOld(stream: Output, data: Buffer): Ending | null {
  const header = data.length % 1_024;
  if (header !== 4 && header !== 8) return garbled(`expected a size and a buffer, found ${data.length} bytes`);
  const size = header === 8 ? Number(data.readBigInt64LE(0)) : data.readInt32LE(0);
  if (size < 0 || size > data.length - header) return garbled(`expected a size within the buffer, found ${size}`);
  stream.add(data.subarray(header, header + size));
  return null;
}

function garbled(message: string): Ending {
  return { kind: 'garbled', message };
}
