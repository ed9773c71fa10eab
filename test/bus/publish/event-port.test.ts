import { describe, expect, it } from '@jest/globals';
import { publishAnswerOf } from '../../../src/bus/publish/event-port.ts';

const answer = (body: object | string) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return publishAnswerOf({ kind: 'reply', message: { string: () => text } as never });
};
const error = (err_code: number, description: string, code = 400) => ({ error: { code, err_code, description } });

describe('The answer of a stream', () => {
  it.each([
    [
      { stream: 'TMUX_EVENTS', seq: 7 },
      { kind: 'stored', sequence: 7, isDuplicate: false },
    ],
    [
      { stream: 'TMUX_EVENTS', seq: 7, duplicate: true },
      { kind: 'stored', sequence: 7, isDuplicate: true },
    ],
    [error(10_071, 'wrong last sequence: 12'), { kind: 'wrong_sequence', found: 12 }],
    [error(10_071, 'wrong last sequence: 0'), { kind: 'wrong_sequence', found: 0 }],
    [error(10_164, 'wrong last sequence'), { kind: 'unreachable' }],
    [error(10_054, 'message size exceeds maximum allowed'), { kind: 'refused', reason: 'too_large' }],
    [error(10_077, 'maximum bytes exceeded', 503), { kind: 'refused', reason: 'full' }],
    [error(10_008, 'JetStream system temporarily unavailable', 503), { kind: 'unreachable' }],
    [error(10_060, 'expected stream does not match'), { kind: 'refused', reason: 'other' }],
    ['no JSON', { kind: 'unreachable' }],
  ])('%j is understood', (body, expected) => {
    expect(answer(body)).toMatchObject(expected);
  });
});
