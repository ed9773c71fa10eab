import { describe, expect, it } from '@jest/globals';
import { systemPath, textOfPath } from '../../src/core/byte-path.ts';

describe('A path as text', () => {
  it.each([
    [Buffer.from('/tmp/bücher/😀 \u{fffd}'), '/tmp/bücher/😀 \u{fffd}'],
    [Buffer.from('/tmp/lat\xe9', 'latin1'), '/tmp/lat\\xe9'],
    [Buffer.from([0x2f, 0xff, 0xc3, 0xbc, 0xc3]), '/\\xffü\\xc3'],
    [Buffer.from('/tmp/back\\xe9'), '/tmp/back\\x5cxe9'],
    [Buffer.from('/tmp/back\\x5cxe9'), '/tmp/back\\x5cx5cxe9'],
    [Buffer.from('/tmp/back\\slash'), '/tmp/back\\slash'],
  ])('of the bytes %j is %s, and leads to them', (bytes, text) => {
    expect(textOfPath(bytes)).toBe(text);
    expect(Buffer.from(systemPath(text) as string)).toEqual(bytes);
  });
});
