import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeFrame, type Frame, FrameReader, NotAFrame } from '../../../src/tmux/protocol/frame.ts';
import { runs, SEED } from '../../support/sample/seed.ts';
import { bigEndianFrame, cutAt, rawFrame } from './support/frames.ts';

const frame = fc.record({
  type: fc.oneof(fc.nat(400), fc.nat(0xffffffff)),
  data: fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ minLength: 16_000, maxLength: 16_368 })),
});
const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

/** A frame with its data in hex. */
type Read = Omit<Frame, 'data'> & { readonly data: string };

/** The frames that a reader yields for some pieces. A frame is a view, valid until the next piece. */
function read(pieces: readonly Buffer[]): Read[] {
  const reader = new FrameReader();
  const frames: Read[] = [];
  for (const piece of pieces) {
    for (const given of reader.push(piece)) frames.push({ ...given, data: given.data.toString('hex') });
  }
  return frames;
}

describe('FrameReader', () => {
  it('gives the same frames however they were cut and merged', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), shares, (frames, cuts) => {
        const bytes = Buffer.concat(frames.map(({ type, data }) => encodeFrame(type, data)));
        const expected = frames.map(({ type, data }) => ({
          type,
          version: 8,
          data: Buffer.from(data).toString('hex'),
        }));
        expect(read(cutAt(bytes, cuts))).toEqual(expected);
      }),
      { seed: SEED, numRuns: runs(200) },
    );
  });

  it('gives the same frames for a cut in every single place, and for single bytes', () => {
    const bytes = Buffer.concat([encodeFrame(1), encodeFrame(2, Buffer.from('abc')), encodeFrame(3), encodeFrame(4)]);
    const expected = read([bytes]);
    expect(expected.map(({ type }) => type)).toEqual([1, 2, 3, 4]);
    for (let at = 0; at <= bytes.length; at++) {
      expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
    expect(read([...bytes].map((byte) => Buffer.from([byte])))).toEqual(expected);
  });

  it('gives the shortest and the longest frame', () => {
    const lengths = read([rawFrame(5, 16), rawFrame(6, 16_384, Buffer.alloc(16_368))]).map(({ data }) => data.length);
    expect(lengths).toEqual([0, 2 * 16_368]);
  });

  it.each([
    ['nothing', 0],
    ['less than a header', 15],
    ['one byte too many', 16_385],
    ['a descriptor, as tmux from 3.6 on marks it', 0x80000010],
    ['a descriptor, as tmux before 3.6 marks it in the flags', 0x00010014],
    ['all that a u32 can hold', 0xffffffff],
  ])('gives what comes before a length that says %s, and then throws', (_, length) => {
    const reader = new FrameReader();
    const given: number[] = [];
    const push = () => {
      for (const { type } of reader.push(Buffer.concat([encodeFrame(7), rawFrame(8, length)]))) given.push(type);
    };
    expect(push).toThrow(`expected a frame of 16 to 16384 bytes, found a length of ${length}`);
    expect(given).toEqual([7]);
  });

  it('reads a length of 16 bits beside flags that are not set, as tmux before 3.6 sends it', () => {
    const old = encodeFrame(9, Buffer.from('abcd'));
    old.writeUInt16LE(20, 4);
    old.writeUInt16LE(0, 6);
    expect(read([old])).toEqual([{ type: 9, version: 8, data: '61626364' }]);
  });

  it('throws for the frames of a big-endian machine', () => {
    expect(() => read([bigEndianFrame(encodeFrame(203, Buffer.alloc(4)))])).toThrow(NotAFrame);
  });

  it('waits for a frame that is not complete, and leaves nothing of it behind', () => {
    const reader = new FrameReader();
    expect([...reader.push(encodeFrame(1, Buffer.alloc(100)).subarray(0, 115))]).toEqual([]);
    expect([...reader.push(Buffer.alloc(1))].map(({ type }) => type)).toEqual([1]);
    expect([...reader.push(encodeFrame(2))].map(({ type }) => type)).toEqual([2]);
  });

  it('gives frames or throws NotAFrame for whatever bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(0x4200), shares, (noise, length, cuts) => {
        const bytes = Buffer.concat([rawFrame(1, length, noise)]);
        try {
          read(cutAt(bytes, cuts));
        } catch (error) {
          expect(error).toBeInstanceOf(NotAFrame);
        }
      }),
      { seed: SEED, numRuns: runs(1_000) },
    );
  });
});

describe('encodeFrame', () => {
  it('throws for data that does not fit into one frame', () => {
    expect(encodeFrame(1, Buffer.alloc(16_368))).toHaveLength(16_384);
    expect(() => encodeFrame(1, Buffer.alloc(16_369))).toThrow(NotAFrame);
  });
});
