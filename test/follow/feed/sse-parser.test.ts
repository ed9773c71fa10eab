import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sse } from '../../../src/feed/stream-format.ts';
import { type SseBlock, SseParser } from '../../../src/follow/feed/sse-parser.ts';
import { hostileText } from '../../support/sample/arbitrary.ts';

function parse(...chunks: string[]): SseBlock[] {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => parser.push(chunk));
}

const NOTHING: SseBlock = { id: null, type: 'message', data: null, retryMs: null };

describe('SseParser', () => {
  it.each([
    ['data: YHOO\ndata: +2\ndata: 10\n\n', [{ ...NOTHING, data: 'YHOO\n+2\n10' }]],
    [': test stream\n\ndata: first\nid: 1\n\n', [{ ...NOTHING, id: '1', data: 'first' }]],
    ['data:second\nid\n\n', [{ ...NOTHING, id: '', data: 'second' }]],
    ['data:  third\n\n', [{ ...NOTHING, data: ' third' }]],
    [
      'data\n\ndata\ndata\n\ndata:',
      [
        { ...NOTHING, data: '' },
        { ...NOTHING, data: '\n' },
      ],
    ],
    ['event: bye\ndata: x\n\n', [{ ...NOTHING, type: 'bye', data: 'x' }]],
    ['\ufeffdata: x\n\n', [{ ...NOTHING, data: 'x' }]],
    [
      'data: x\r\rdata: y\r\n\r\n',
      [
        { ...NOTHING, data: 'x' },
        { ...NOTHING, data: 'y' },
      ],
    ],
    ['retry: 2500\n\nretry: soon\n\n', [{ ...NOTHING, retryMs: 2500 }]],
    ['id: a\0b\nfield: ignored\n\n', []],
    ['data: not ended', []],
  ] as const)('reads %j as the specification does', (text, blocks) => {
    expect(parse(text)).toEqual(blocks);
  });

  it('gives out a block that only moves the cursor', () => {
    expect(parse('id: e-9\n: heartbeat\n\n')).toEqual([{ ...NOTHING, id: 'e-9' }]);
  });

  it('reads the same wherever the chunks are cut, whatever the ends of the lines', () => {
    const line = fc.oneof(
      fc.constantFrom('', 'data', 'data: x', 'id: e-1', ': comment', 'event: bye', 'retry: 10', 'data:\ud83d\ude00'),
      fc.string({ unit: fc.constantFrom('d', 'a', ':', ' ', '\0', '\ufeff'), maxLength: 6 }),
    );
    const ended = fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')).map((parts) => parts.join(''));
    const cuts = fc.array(fc.nat(80), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(ended, { maxLength: 16 }), cuts, (lines, at) => {
        const text = lines.join('');
        const edges = [0, ...at.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
        const chunks = edges.slice(1).map((end, index) => text.slice(edges[index], end));
        expect(parse(...chunks)).toEqual(parse(text));
      }),
    );
  });

  it('reads back what the feed writes, whatever an event holds', () => {
    fc.assert(
      fc.property(hostileText, fc.nat(), (title, seq) => {
        const event = { id: `e-${seq}`, type: 'server-up', title };
        const json = JSON.stringify(event);
        const [block, ...others] = parse(sse.event({ cursor: event.id, type: 'server-up', name: null, json }));
        expect(others).toEqual([]);
        expect(block).toEqual({ id: `e-${seq}`, type: 'server-up', data: json, retryMs: null });
      }),
    );
  });

  it('does not take in a block without end', () => {
    const parser = new SseParser();
    const chunk = 'x'.repeat(1024 * 1024);
    const flood = () => {
      for (let count = 0; count < 20; count++) parser.push(chunk);
    };
    expect(flood).toThrow('too long');
  });
});
