import fc from 'fast-check';

/** What is put into bytes beside the words of their own language: ends of lines and texts, escapes, large numbers, names that JavaScript knows. */
const COMMON_WORDS: readonly string[] = [
  ...[
    '\0',
    '\n',
    '\r\n',
    '\r\n\r\n',
    ' ',
    '\t',
    '"',
    "'",
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '#',
    '%',
    '%00',
    '%2F..%2F',
  ],
  ...[
    '\u00ff',
    '\u00c3',
    '\u00ed\u00a0\u0080',
    '-1',
    '0',
    '9'.repeat(20),
    '1e999',
    '__proto__',
    'constructor',
    'x'.repeat(2_000),
  ],
];

type Mutate = (bytes: Buffer) => Buffer;

/** One of the samples with mistakes in its bytes, at most `most`. `words` are what its language gives a meaning; they and the samples are read as Latin-1. */
export function mutated(samples: readonly string[], words: readonly string[], most: number): fc.Arbitrary<Buffer> {
  const mutation = mutationWith(samples, [...COMMON_WORDS, ...words]);
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(mutation, { maxLength: most }))
    .map(([sample, mutations]) =>
      mutations.reduce<Buffer>((bytes, mutate) => mutate(bytes), Buffer.from(sample, 'latin1')),
    );
}

function mutationWith(samples: readonly string[], words: readonly string[]): fc.Arbitrary<Mutate> {
  const place = fc.nat(65_535).map((part) => part / 65_536);
  const word = fc.constantFrom(...words).map((text) => Buffer.from(text, 'latin1'));
  const other = fc.constantFrom(...samples).map((text) => Buffer.from(text, 'latin1'));
  const byte = fc.nat(255);
  const length = fc.oneof(fc.nat(8), fc.nat(200));
  return fc.oneof<fc.Arbitrary<Mutate>[]>(
    fc.tuple(place, byte).map(
      ([at, value]) =>
        (bytes: Buffer) =>
          replaced(bytes, at, 1, Buffer.of(value)),
    ),
    fc.tuple(place, fc.nat(7)).map(([at, bit]) => (bytes: Buffer) => {
      const flipped = (bytes[Math.floor(at * bytes.length)] ?? 0) ^ (1 << bit);
      return replaced(bytes, at, 1, Buffer.of(flipped));
    }),
    fc.tuple(place, word, length).map(
      ([at, text, cut]) =>
        (bytes: Buffer) =>
          replaced(bytes, at, cut, text),
    ),
    fc.tuple(place, word).map(
      ([at, text]) =>
        (bytes: Buffer) =>
          replaced(bytes, at, 0, text),
    ),
    fc.tuple(place, length).map(
      ([at, cut]) =>
        (bytes: Buffer) =>
          replaced(bytes, at, cut, Buffer.of()),
    ),
    fc.tuple(place, length, fc.integer({ min: 2, max: 20 })).map(([at, cut, times]) => (bytes: Buffer) => {
      const start = Math.floor(at * bytes.length);
      const part = bytes.subarray(start, start + cut);
      return replaced(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => part)));
    }),
    place.map((at) => (bytes: Buffer) => bytes.subarray(0, Math.floor(at * bytes.length))),
    fc.tuple(place, other, place).map(([at, second, from]) => (bytes: Buffer) => {
      const head = bytes.subarray(0, Math.floor(at * bytes.length));
      return Buffer.concat([head, second.subarray(Math.floor(from * second.length))]);
    }),
  );
}

/** The bytes with others in place of some, from a place between 0 and 1 on. */
function replaced(bytes: Buffer, at: number, length: number, by: Buffer): Buffer {
  const start = Math.floor(at * bytes.length);
  return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(start + length)]);
}
