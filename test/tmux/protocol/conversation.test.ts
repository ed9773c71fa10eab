import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Conversation, type Ending } from '../../../src/tmux/protocol/conversation.ts';
import { encodeFrame } from '../../../src/tmux/protocol/frame.ts';
import { MESSAGE } from '../../../src/tmux/protocol/message.ts';
import { runs, SEED } from '../../support/sample/seed.ts';
import * as frames from './support/frames.ts';
import { heldBytes } from './support/memory.ts';

const { cutAt, exitFrame, int32, OLD_LAYOUTS, oldOutputFrame, readOpenFrame, writeFrame, writeOpenFrame } = frames;

const MIB = 1024 * 1024;

interface Result {
  readonly ending: Ending | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly sent: Buffer;
}

/** The result of a conversation in which a server sends these pieces. */
function converse(pieces: readonly Buffer[], maxBytes = MIB): Result {
  const sent: Buffer[] = [];
  const conversation = new Conversation({ maxBytes, send: (bytes) => void sent.push(bytes) });
  let ending: Ending | null = null;
  for (const piece of pieces) ending = conversation.take(piece);
  const [stdout, stderr] = [conversation.stdout.toString(), conversation.stderr.toString()];
  return { ending, stdout, stderr, sent: Buffer.concat(sent) };
}

const nothing = { stdout: '', stderr: '', sent: Buffer.alloc(0) };
const exit = (code: number, message = '') => ({ kind: 'exit', code, message });
const garbled = (message: string) => ({ kind: 'garbled', message: expect.stringContaining(message) });

describe('A conversation with a server', () => {
  it('of today gives stdout, stderr, the exit code and the last words, and answers both opens', () => {
    const { ending, stdout, stderr, sent } = converse([
      writeOpenFrame(1),
      writeFrame(1, 'one\ntw'),
      writeOpenFrame(2),
      writeFrame(2, 'bad\n'),
      writeFrame(1, 'o\n'),
      encodeFrame(MESSAGE.writeClose, int32(1)),
      exitFrame(1, 'server exited'),
    ]);
    expect({ ending, stdout, stderr }).toEqual({
      ending: exit(1, 'server exited'),
      stdout: 'one\ntwo\n',
      stderr: 'bad\n',
    });
    expect(sent).toEqual(
      Buffer.concat([encodeFrame(MESSAGE.writeReady, int32(1, 0)), encodeFrame(MESSAGE.writeReady, int32(2, 0))]),
    );
  });

  it('is the same however its bytes are cut and merged', () => {
    const streams = fc.tuple(fc.constantFrom(1, 2, 3), fc.string({ unit: 'grapheme', maxLength: 40 }));
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(streams, { maxLength: 20 }), fc.integer(), shares, (writes, code, cuts) => {
        const bytes = [...writes.map(([stream, text]) => writeFrame(stream, text)), exitFrame(code | 0)];
        const textOf = (wanted: number) => writes.map(([stream, text]) => (stream === wanted ? text : '')).join('');
        const expected = { ending: exit(code | 0), stdout: textOf(1), stderr: textOf(2), sent: Buffer.alloc(0) };
        expect(converse(cutAt(Buffer.concat(bytes), cuts))).toEqual(expected);
      }),
      { seed: SEED, numRuns: runs(200) },
    );
  });

  it.each(OLD_LAYOUTS)(
    'up to tmux 3.0 ($sizeBytes bytes of ssize_t, BUFSIZ $bufsiz) gives what counts of its buffers',
    (layout) => {
      const full = 'f'.repeat(layout.bufsiz);
      const bytes = [
        ...[full, '', 'one\n', 'x'].map((text) => oldOutputFrame(MESSAGE.oldStdout, text, layout)),
        oldOutputFrame(MESSAGE.oldStderr, 'bad\n', layout),
        exitFrame(0),
      ];
      expect(converse(bytes)).toEqual({ ...nothing, ending: exit(0), stdout: `${full}one\nx`, stderr: 'bad\n' });
    },
  );

  it.each(OLD_LAYOUTS)(
    'with $sizeBytes bytes of ssize_t and BUFSIZ $bufsiz that lies about its sizes is garbled',
    (layout) => {
      const lies = [-1, layout.bufsiz + 1, 0x7fffffff, -0x80000000].map(BigInt);
      const longLies = layout.sizeBytes === 8 ? [2n ** 52n, -(2n ** 63n), 2n ** 32n] : [];
      for (const size of [...lies, ...longLies]) {
        for (const type of [MESSAGE.oldStdout, MESSAGE.oldStderr]) {
          const result = converse([oldOutputFrame(type, 'one', layout, size)]);
          expect(result).toEqual({ ...nothing, ending: garbled(`a size within the buffer, found ${Number(size)}`) });
        }
      }
    },
  );

  it.each([0, 3, 12, 1_024, 1_031, 8_201])('whose buffer has no known size (%i bytes) is garbled', (length) => {
    const result = converse([encodeFrame(MESSAGE.oldStdout, Buffer.alloc(length))]);
    expect(result).toEqual({ ...nothing, ending: garbled(`found ${length} bytes`) });
  });
});

describe('The end of a conversation', () => {
  it.each([
    ['a code', exitFrame(3), exit(3)],
    ['a code below 0', exitFrame(-1), exit(-1)],
    ['nothing', encodeFrame(MESSAGE.exit), exit(0)],
    ['an empty text', exitFrame(1, ''), exit(1)],
    ['a text', exitFrame(1, 'no server ü'), exit(1, 'no server ü')],
    ['a text with no NUL', encodeFrame(MESSAGE.exit, Buffer.concat([int32(1), Buffer.from('cut')])), exit(1, 'cut')],
    ['more after the NUL', exitFrame(1, 'first\0second'), exit(1, 'first')],
    ['bytes that are no UTF-8', encodeFrame(MESSAGE.exit, Buffer.from('0100000080ff', 'hex')), exit(1, '\ufffd\ufffd')],
    ['less than a code', encodeFrame(MESSAGE.exit, Buffer.alloc(3)), garbled('found 3 bytes')],
  ])('by EXIT with %s', (_, frame, ending) => {
    expect(converse([frame])).toEqual({ ...nothing, ending });
  });

  it('by SHUTDOWN, by another version, and by the bytes of a big-endian machine', () => {
    const version = frames.rawFrame(MESSAGE.version, 16, Buffer.alloc(0), 0x109);
    expect(converse([encodeFrame(MESSAGE.shutdown)])).toEqual({ ...nothing, ending: { kind: 'shutdown' } });
    expect(converse([version])).toEqual({ ...nothing, ending: { kind: 'other_version', version: 9 } });
    expect(converse([frames.bigEndianFrame(exitFrame(0))])).toEqual({ ...nothing, ending: garbled('a length of') });
  });

  it('stays: what follows is neither kept nor answered', () => {
    const bytes = [exitFrame(2), exitFrame(3), writeFrame(1, 'late'), writeOpenFrame(1), encodeFrame(MESSAGE.shutdown)];
    const expected = { ...nothing, ending: exit(2) };
    expect(converse(bytes)).toEqual(expected);
    expect(converse([Buffer.concat(bytes)])).toEqual(expected);
    expect(converse([Buffer.concat([exitFrame(2), Buffer.from('no frame at all, in any way')])])).toEqual(expected);
  });

  it('is null for as long as the server goes on', () => {
    expect(converse([writeFrame(1, 'more'), encodeFrame(MESSAGE.writeClose, int32(1))]).ending).toBeNull();
    expect(converse([]).ending).toBeNull();
  });
});

describe('An order', () => {
  const data = Buffer.concat([int32(3, -1, 0), Buffer.from('/etc/passwd\0')]);
  const ends = new Map<number, object>([
    [MESSAGE.version, { kind: 'other_version', version: 8 }],
    [MESSAGE.exit, exit(3, '\ufffd'.repeat(4))],
    [MESSAGE.shutdown, { kind: 'shutdown' }],
    [MESSAGE.oldStdout, garbled('a size and a buffer')],
    [MESSAGE.oldStderr, garbled('a size and a buffer')],
    ...[201, 202, 206, 209, 214, 217].map((type) => [type, garbled(`the order ${type}`)] as const),
  ]);
  const answers = new Map([
    [MESSAGE.readOpen, encodeFrame(MESSAGE.readDone, int32(3, 9))],
    [MESSAGE.writeOpen, encodeFrame(MESSAGE.writeReady, int32(3, 9))],
  ] as readonly (readonly [number, Buffer])[]);

  it('of each type from 0 to 400 ends the conversation, is refused, or is passed over: none is carried out', () => {
    for (let type = 0; type <= 400; type++) {
      const expected = { ...nothing, ending: ends.get(type) ?? null, sent: answers.get(type) ?? Buffer.alloc(0) };
      expect([type, converse([encodeFrame(type, data)])]).toEqual([type, expected]);
    }
  });

  it('of each type from 0 to 400 with too little data gives nothing', () => {
    for (let type = 0; type <= 400; type++) {
      for (const length of [0, 1, 3]) {
        const { ending, ...given } = converse([encodeFrame(type, Buffer.alloc(length))]);
        expect([type, given]).toEqual([type, nothing]);
        if (type === MESSAGE.write || answers.has(type)) expect(ending).toEqual(garbled('found a shorter message'));
      }
    }
  });

  it.each([
    ['stdout', writeOpenFrame(1), MESSAGE.writeReady, 1, 0],
    ['stderr', writeOpenFrame(2), MESSAGE.writeReady, 2, 0],
    ['stdin', writeOpenFrame(0), MESSAGE.writeReady, 0, 9],
    ['a file', writeOpenFrame(3, '/tmp/x'), MESSAGE.writeReady, 3, 9],
    ['a stream below 0', writeOpenFrame(-1, '/tmp/x'), MESSAGE.writeReady, -1, 9],
    ['a file to read', readOpenFrame(1, '/etc/passwd'), MESSAGE.readDone, 1, 9],
    ['stdin to read', readOpenFrame(0, '-'), MESSAGE.readDone, 0, 9],
  ])('to open %s is answered with 0 only if it is an output of ours', (_, order, type, stream, errno) => {
    expect(converse([order])).toEqual({ ...nothing, ending: null, sent: encodeFrame(type, int32(stream, errno)) });
  });

  it('to open streams without end is garbled, and not answered without end', () => {
    const { ending, sent } = converse(Array.from({ length: 200 }, () => writeOpenFrame(1)));
    expect(ending).toEqual(garbled('at most 64 streams'));
    expect(sent).toHaveLength(64 * 24);
  });

  it('that writes to a stream which is no output of ours is kept nowhere', () => {
    expect(converse([0, 3, -1, 0x7fffffff].map((stream) => writeFrame(stream, 'x')))).toEqual({
      ...nothing,
      ending: null,
    });
  });
});

describe('What a conversation receives', () => {
  it('is at most maxBytes, of whatever kind', () => {
    const kinds = [writeFrame(1, 'x'.repeat(1_000)), encodeFrame(399), encodeFrame(398, Buffer.alloc(1_000))];
    for (const frame of kinds) {
      const most = Math.floor(10_000 / frame.length);
      const fitting = Array.from({ length: most }, () => frame);
      expect(converse(fitting, most * frame.length).ending).toBeNull();
      expect(converse([...fitting, frame.subarray(0, 1)], most * frame.length).ending).toEqual({ kind: 'overflow' });
    }
  });

  it('takes hardly more memory than its bytes, however short its frames are', () => {
    const tiny = Buffer.concat(Array.from({ length: 3_000 }, () => writeFrame(1, 'x')));
    const conversation = new Conversation({ maxBytes: 8 * MIB, send: () => {} });
    const before = heldBytes();
    for (let received = 0; received + tiny.length <= 8 * MIB; received += tiny.length) {
      conversation.take(Buffer.from(tiny));
    }
    const grown = heldBytes() - before;
    expect(conversation.stdout.length).toBeGreaterThan(350_000);
    expect(grown).toBeLessThan(4 * MIB);
  });

  it('keeps no large piece alive for the start of a frame at its end', () => {
    const conversations: Conversation[] = [];
    const piece = Buffer.concat([...Array.from({ length: 4_000 }, () => encodeFrame(399)), Buffer.alloc(3)]);
    const before = heldBytes();
    for (let left = 100; left > 0; left--) {
      const conversation = new Conversation({ maxBytes: MIB, send: () => {} });
      conversation.take(Buffer.from(piece));
      conversations.push(conversation);
    }
    expect(heldBytes() - before).toBeLessThan(MIB);
    expect(conversations).toHaveLength(100);
  });

  it('may be anything: it gives an ending or goes on, and never throws', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.tuple(fc.nat(400), fc.uint8Array({ maxLength: 60 })).map(([type, data]) => encodeFrame(type, data)),
      fc
        .tuple(fc.constantFrom(12, 203, 210, 211, 213, 300, 303, 304), fc.uint8Array({ maxLength: 40 }))
        .map(([type, data]) => encodeFrame(type, data)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const { ending } = converse(pieces);
        const kinds = ['exit', 'shutdown', 'other_version', 'garbled', 'none'];
        expect(kinds).toContain(ending?.kind ?? 'none');
        expect(converse([Buffer.concat(pieces)]).ending).toEqual(ending);
      }),
      { seed: SEED, numRuns: runs(1_000) },
    );
  });
});
