import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommandEnd,
  createProtocolClient,
  type ProtocolClientOptions,
} from '../../../src/tmux/protocol/client.ts';
import { encodeFrame } from '../../../src/tmux/protocol/frame.ts';
import { MESSAGE, openingBytes } from '../../../src/tmux/protocol/message.ts';
import { childrenOf } from '../../support/machine/process-life.ts';
import { runs, SEED } from '../../support/sample/seed.ts';
import { type Behaviour, FalseServer } from './support/false-server.ts';
import { cutAt, exitFrame, int32, readOpenFrame, writeFrame, writeOpenFrame } from './support/frames.ts';
import { heldBytes } from './support/memory.ts';

const MIB = 1024 * 1024;
const TIMEOUT_MS = 300;
/** How late a busy machine may be. */
const SLACK_MS = 5_000;

let server: FalseServer | null = null;

afterEach(async () => {
  await server?.cleanup();
  server = null;
});

interface Result {
  readonly end: CommandEnd;
  readonly server: FalseServer;
}

/** Runs a command on a server that behaves in some way. */
async function ask(
  behave: Behaviour,
  options: Partial<ProtocolClientOptions> & { readonly isDeaf?: boolean } = {},
): Promise<Result> {
  const asked = await FalseServer.start(behave, options);
  server = asked;
  const end = await run(asked, options);
  return { end, server: asked };
}

/** Runs one command, which takes no longer than its timeout. The server has its connection then. */
async function run(asked: FalseServer, options: Partial<ProtocolClientOptions> = {}): Promise<CommandEnd> {
  const { timeoutMs = TIMEOUT_MS } = options;
  const count = asked.connections.length + 1;
  const client = createProtocolClient({ pid: 42, timeoutMs, maxBytes: MIB, ...options });
  const begin = performance.now();
  const end = await client(asked.path, ['list-sessions']);
  expect(performance.now() - begin).toBeLessThan(timeoutMs + SLACK_MS);
  await asked.accepted(count);
  return end;
}

/** The bytes that a client sends first. */
const opening = openingBytes(['list-sessions'], 42);

const PATIENT = { timeoutMs: 30_000 };
const exited = (code: number, stdout = '', stderr = '') => ({ kind: 'exited', code, stdout, stderr });
const garbled = (message: string) => ({ kind: 'garbled', message: expect.stringContaining(message) });

describe('A client of a server that ends the connection', () => {
  it('is cut off if the server closes at once', async () => {
    const { end } = await ask(({ socket }) => socket.end(), PATIENT);
    expect(end).toEqual({ kind: 'cut' });
  });

  it('is cut off if the server closes in the middle of a frame, whatever was complete before', async () => {
    const bytes = Buffer.concat([writeFrame(1, 'one'), exitFrame(0)]);
    for (let length = 0; length < bytes.length; length++) {
      const { end, server: asked } = await ask(({ socket }) => socket.end(bytes.subarray(0, length)), PATIENT);
      expect([length, end]).toEqual([length, { kind: 'cut' }]);
      await asked.cleanup();
      server = null;
    }
  });

  it('is cut off if the server resets the connection, with the command unread', async () => {
    const { end } = await ask(({ socket }) => socket.destroy(), { ...PATIENT, isDeaf: true });
    expect(end).toEqual({ kind: 'cut' });
  });

  it('is cut off if the server resets the connection while it is answered', async () => {
    const { end } = await ask(
      (connection) => {
        connection.send(...Array.from({ length: 50 }, () => writeOpenFrame(1)));
        setImmediate(() => connection.socket.destroy());
      },
      { ...PATIENT, isDeaf: true },
    );
    expect(end).toEqual({ kind: 'cut' });
  });

  it.each([
    ['EXIT', exitFrame(0), exited(0)],
    ['SHUTDOWN', encodeFrame(MESSAGE.shutdown), { kind: 'shutdown' }],
    ['another version', encodeFrame(MESSAGE.version), { kind: 'other_version', version: 8 }],
  ])('closes at once on %s, and the server sees it', async (_, frame, expected) => {
    const { end, server: asked } = await ask((connection) => connection.send(frame), PATIENT);
    expect(end).toEqual(expected);
    await asked.connection.closed;
    expect(asked.connection.received).toEqual(opening);
  });

  it('takes the first of two EXITs, and nothing that follows', async () => {
    const frames = [writeFrame(1, 'one'), exitFrame(1), writeFrame(1, 'late'), exitFrame(2), Buffer.from('rubbish')];
    const { end } = await ask((connection) => connection.send(...frames), PATIENT);
    expect(end).toEqual(exited(1, 'one'));
  });
});

describe('A client of a server that does not end', () => {
  const timeout = { kind: 'timeout' };

  it('times out if the server says nothing, and closes', async () => {
    const { end, server: asked } = await ask(() => {});
    expect(end).toEqual(timeout);
    await asked.connection.closed;
  });

  it('times out if the server accepts and never reads', async () => {
    const opens = Array.from({ length: 60 }, () => writeOpenFrame(1));
    const { end } = await ask((connection) => connection.send(...opens), { isDeaf: true });
    expect(end).toEqual(timeout);
  });

  it('times out if the server sends a byte now and then, whatever the bytes are', async () => {
    const bytes = Buffer.concat(Array.from({ length: 1_000 }, () => writeFrame(1, 'x')));
    const { end, server: asked } = await ask((connection) => connection.drip(bytes, 20));
    expect(end).toEqual(timeout);
    await asked.connection.closed;
  });

  it('takes an answer that comes byte by byte', async () => {
    const bytes = Buffer.concat([writeFrame(1, 'one'), exitFrame(1, 'two')]);
    const { end } = await ask((connection) => connection.drip(bytes, 1), PATIENT);
    expect(end).toEqual(exited(1, 'one', 'two\n'));
  });
});

describe('A client of a server that floods it', () => {
  const many = (frame: Buffer) => Buffer.concat(Array.from({ length: Math.ceil(65_536 / frame.length) }, () => frame));
  const floods: [what: string, bytes: Buffer, end: object][] = [
    ['long writes', many(writeFrame(1, Buffer.alloc(16_000))), { kind: 'overflow' }],
    ['empty writes', many(writeFrame(1, '')), { kind: 'overflow' }],
    ['writes of a byte', many(writeFrame(2, 'x')), { kind: 'overflow' }],
    ['unknown frames', many(encodeFrame(399)), { kind: 'overflow' }],
    ['orders to open stdout', many(writeOpenFrame(1)), garbled('at most 64 streams')],
    ['orders to read a file', many(readOpenFrame(3, '/etc/passwd')), garbled('at most 64 streams')],
    ['zeros', Buffer.alloc(65_536), garbled('a length of 0')],
  ];

  it.each(floods)('is rid of it within the bytes allowed: %s', async (_, bytes, expected) => {
    const { end, server: asked } = await ask((connection) => connection.flood(bytes), { ...PATIENT, isDeaf: true });
    expect(end).toEqual(expected);
    await asked.connection.closed;
  });

  it('takes an answer of all the bytes allowed, and no byte more', async () => {
    const frame = writeFrame(1, 'x'.repeat(16_000));
    const bytes = [...Array.from({ length: 60 }, () => frame), exitFrame(0)];
    const maxBytes = Buffer.concat(bytes).length;
    const fitting = await ask((connection) => connection.send(...bytes), { ...PATIENT, maxBytes });
    expect(fitting.end).toEqual(exited(0, 'x'.repeat(960_000)));
    expect(await run(fitting.server, { ...PATIENT, maxBytes: maxBytes - 1 })).toEqual({ kind: 'overflow' });
  });

  it('does not grow by it', async () => {
    let bytes: Buffer<ArrayBufferLike> = Buffer.alloc(0);
    const asked = await FalseServer.start((connection) => connection.flood(bytes), { isDeaf: true });
    server = asked;
    const floodAll = async () => {
      for (const [, flood] of floods) {
        bytes = flood;
        await run(asked, { ...PATIENT, maxBytes: 4 * MIB });
      }
    };
    await floodAll();
    const before = heldBytes();
    for (let left = 20; left > 0; left--) await floodAll();
    expect(heldBytes() - before).toBeLessThan(8 * MIB);
  }, 120_000);
});

describe('A client that a server gives orders', () => {
  const SECRET = 'a secret that nobody may read';

  it('carries out none of them: it writes no file, reads none, and starts no process', async () => {
    const children = childrenOf(process.pid);
    for (const type of [201, 202, 206, 209, 214, 215, 216, 217, 218]) {
      const { end, server: asked } = await ask((connection, folder) => {
        const command = Buffer.from(`touch ${join(folder, 'made')}\0/bin/sh\0`);
        connection.send(encodeFrame(type, command), exitFrame(0));
      }, PATIENT);
      const isOrder = type !== 215 && type !== 216 && type !== 218;
      expect([type, end]).toEqual([type, isOrder ? garbled(`the order ${type}`) : exited(0)]);
      await asked.connection.closed;
      expect(childrenOf(process.pid)).toEqual(children);
      expect(readdirSync(asked.folder)).toEqual(['x']);
      await asked.cleanup();
      server = null;
    }
  });

  it('refuses to open a file for writing, also one that is written to then', async () => {
    const answers = [int32(3, 9), int32(1, 0)].map((answer) => encodeFrame(MESSAGE.writeReady, answer));
    const { end, server: asked } = await ask((connection, folder) => {
      const path = join(folder, 'made');
      connection.send(writeOpenFrame(3, path), writeFrame(3, 'bytes'), encodeFrame(MESSAGE.writeClose, int32(3)));
      connection.send(writeOpenFrame(1, path), writeFrame(1, 'bytes'));
      connection.whenReceived(Buffer.concat([opening, ...answers]).length, () => connection.send(exitFrame(0)));
    }, PATIENT);
    expect(end).toEqual(exited(0, 'bytes'));
    await asked.connection.closed;
    expect(readdirSync(asked.folder)).toEqual(['x']);
    expect(asked.connection.received).toEqual(Buffer.concat([opening, ...answers]));
  });

  it('refuses to read a file, and sends nothing of it', async () => {
    const answers = [3, 4, 5].map((stream) => encodeFrame(MESSAGE.readDone, int32(stream, 9)));
    const { end, server: asked } = await ask((connection, folder) => {
      const path = join(folder, 'secret');
      writeFileSync(path, SECRET);
      connection.send(readOpenFrame(3, path), readOpenFrame(4, '/etc/passwd'), readOpenFrame(5, '-'));
      connection.whenReceived(Buffer.concat([opening, ...answers]).length, () => connection.send(exitFrame(0)));
    }, PATIENT);
    expect(end).toEqual(exited(0));
    await asked.connection.closed;
    expect(asked.connection.received).toEqual(Buffer.concat([opening, ...answers]));
  });
});

describe('A client of a server that sends anything', () => {
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
  const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
  const frame = fc.tuple(fc.nat(400), noise).map(([type, data]) => encodeFrame(type, data));
  const known = fc.tuple(fc.constantFrom(12, 203, 210, 211, 213, 300, 303, 304), noise);
  const pieces = fc.array(
    fc.oneof(
      noise,
      frame,
      known.map(([type, data]) => encodeFrame(type, data)),
    ),
    { maxLength: 20 },
  );
  const farewell = fc.constantFrom('end', 'destroy', 'stay' as const);

  it('ends in one of the known ways and lets go of the connection', async () => {
    let script: { readonly pieces: Buffer[]; readonly farewell: string } = { pieces: [], farewell: 'end' };
    const asked = await FalseServer.start(({ socket }) => {
      for (const piece of script.pieces) socket.write(piece);
      if (script.farewell === 'end') socket.end();
      if (script.farewell === 'destroy') setImmediate(() => socket.destroy());
    });
    server = asked;
    await fc.assert(
      fc.asyncProperty(pieces, shares, farewell, async (sent, cuts, how) => {
        script = { pieces: cutAt(Buffer.concat(sent), cuts), farewell: how };
        const { kind } = await run(asked, { timeoutMs: how === 'stay' ? 50 : PATIENT.timeoutMs });
        const kinds = ['exited', 'shutdown', 'other_version', 'garbled', 'cut', 'timeout'];
        expect(kinds).toContain(kind);
        if (how !== 'stay') expect(kind).not.toBe('timeout');
        await asked.connection.closed;
      }),
      { seed: SEED, numRuns: runs(150) },
    );
  }, 120_000);
});

describe('A client', () => {
  it('says of a command that does not fit into one frame what tmux says, and connects to nothing', async () => {
    const asked = await FalseServer.start(({ socket }) => socket.end());
    server = asked;
    const client = createProtocolClient({ pid: 42, timeoutMs: 1 });
    expect(await client(asked.path, ['x'.repeat(16_384)])).toEqual(exited(1, '', 'command too long\n'));
    // A timer that is left over would fail here.
    await setTimeout(2);
    // Connections are accepted in their order, so this is the first.
    expect(await run(asked, PATIENT)).toEqual({ kind: 'cut' });
    expect(asked.connections).toHaveLength(1);
  });

  it('says what is at a path that no server listens on', async () => {
    const asked = await FalseServer.start(() => {});
    server = asked;
    const client = createProtocolClient({ pid: 42, ...PATIENT });
    const file = join(asked.folder, 'file');
    writeFileSync(file, '');
    const connectOf = async (path: string) => {
      const end = await client(path, ['list-sessions']);
      return end.kind === 'not_connected' ? end.connect : end.kind;
    };
    expect(await connectOf(join(asked.folder, 'nothing'))).toBe('absent');
    expect(await connectOf(join(file, 'below'))).toBe('absent');
    expect(['refused', 'not_a_socket']).toContain(await connectOf(file));
    expect(await connectOf(join(asked.folder, 'x'.repeat(200)))).toBe('failed');
    expect(await connectOf(join(asked.folder, 'a\0b'))).toBe('failed');
  });
});
