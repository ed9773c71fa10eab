import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { encodeFrame, MAX_FRAME_BYTES } from '../../../src/tmux/protocol/frame.ts';
import { MESSAGE } from '../../../src/tmux/protocol/message.ts';

const STDOUT = 1;

/** Handles a connection on which a command was sent. */
type Answer = (connection: Socket, command: readonly string[]) => void;

/** A server on a Unix socket that speaks tmux's protocol and says what a real one will not say on demand. */
export class FakeProtocolServer {
  /** How many commands it was sent. */
  asked = 0;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();

  private constructor(answer: Answer) {
    this.#server = createServer((connection) => {
      this.#connections.add(connection);
      connection.on('error', () => {});
      connection.once('data', (bytes: Buffer) => {
        this.asked++;
        answer(connection, commandIn(bytes));
        connection.resume();
      });
    });
  }

  /** Listens on a path, and calls `answer` with each connection on which something was sent. */
  static async listen(path: string, answer: Answer): Promise<FakeProtocolServer> {
    const fake = new FakeProtocolServer(answer);
    await once(fake.#server.listen(path), 'listening');
    return fake;
  }

  /** Ends all connections, and listens no more. */
  async close(): Promise<void> {
    for (const connection of this.#connections) connection.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The frame of a server that speaks another version of the protocol. */
export function versionFrame(version: number): Buffer {
  const frame = encodeFrame(MESSAGE.version);
  frame.writeUInt8(version, 8);
  return frame;
}

/** The frame that holds a piece of stdout. */
export function outputFrame(text: string): Buffer {
  return encodeFrame(MESSAGE.write, Buffer.concat([int(STDOUT), Buffer.from(text)]));
}

/** The longest piece of stdout that one frame can hold. */
export const FULL_FRAME = encodeFrame(MESSAGE.write, Buffer.concat([int(STDOUT), Buffer.alloc(MAX_FRAME_BYTES - 20)]));

/** The frame that says that the command has ended. */
export function exitFrame(code: number): Buffer {
  return encodeFrame(MESSAGE.exit, int(code));
}

/** The frame that says that the server is shutting down. */
export function shutdownFrame(): Buffer {
  return encodeFrame(MESSAGE.shutdown);
}

/** The command in the bytes that open a connection: each frame has a header of 16 bytes, with its type and then its length. */
function commandIn(bytes: Buffer): string[] {
  for (let at = 0; at + 20 <= bytes.length; at += Math.max(16, bytes.readUInt32LE(at + 4))) {
    if (bytes.readUInt32LE(at) !== MESSAGE.command) continue;
    return bytes
      .toString('utf8', at + 20, at + bytes.readUInt32LE(at + 4))
      .split('\0')
      .slice(0, -1);
  }
  return [];
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
