import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readMessage } from '../../../src/follow/feed/stream-message.ts';

function read(type: string, data: unknown, id: string | null = null) {
  return readMessage({
    id,
    type,
    data: typeof data === 'string' ? data : JSON.stringify(data),
    retryMs: null,
    comment: null,
  });
}

describe('A message of the stream', () => {
  it('is read as what it says', () => {
    expect(read('hello', { epoch: 'e', host: 'box', heartbeat_ms: 15000, resumed: true, replayed: 3 }, 'e-1')).toEqual({
      id: 'e-1',
      message: {
        kind: 'hello',
        isFleet: false,
        epoch: 'e',
        host: 'box',
        heartbeatMs: 15000,
        resumed: true,
        replayed: 3,
      },
    });
    expect(read('gap', { reason: 'evicted', missed: 7 }).message).toEqual({
      kind: 'gap',
      reason: 'evicted',
      missed: 7,
    });
    expect(read('bye', { reason: 'shutdown', retry_ms: 10 }).message).toEqual({ kind: 'bye' });
  });

  it('of a fleet belongs to no machine, whichever hub sends it', () => {
    const { message } = read('hello', { scope: 'fleet', epoch: 'e', host: 'hub1', hosts: 3 }, 'e-1.0123');
    expect(message).toMatchObject({ kind: 'hello', isFleet: true, epoch: 'e', host: null });
  });

  it.each([
    ['heartbeat', { kind: 'up' }],
    ['source down 12s', { kind: 'down', seconds: 12 }],
    ['heartbeat\nsource down 1s', { kind: 'down', seconds: 1 }],
    ['source down', { kind: 'down', seconds: null }],
    [null, null],
  ])('without data says how the source is: %j', (comment, source) => {
    const block = { id: 'e-1.0123', type: 'message', data: null, retryMs: null, comment };
    expect(readMessage(block)).toEqual({ id: 'e-1.0123', message: { kind: 'heartbeat', source } });
  });

  it('is an event if its type is unknown', () => {
    const { message } = read('server-painted', {
      id: 'e-1',
      type: 'server-painted',
      title: 'red',
      severity: 'loud',
      more: 1,
    });
    expect(message).toMatchObject({ kind: 'event', event: { type: 'server-painted', severity: 'info', title: 'red' } });
  });

  it('distinguishes an absent server from one that does not answer', () => {
    const servers = [
      { name: 'a', socket: '/a', state: 'gone', incarnation: null },
      { name: 'b', socket: '/b', state: 'pending', failure: { reason: 'refused' }, incarnation: null },
      { name: 'c', socket: '/c', state: 'pending', failure: { reason: 'timeout' }, incarnation: null },
    ];
    const { message } = read('snapshot', { servers });
    expect(message).toMatchObject({ servers: [{ isAbsent: true }, { isAbsent: true }, { isAbsent: false }] });
  });

  it('moves no cursor to an id that is invalid in a header', () => {
    expect(read('hello', {}, 'e-1\u00e9').id).toBeNull();
    expect(read('hello', {}, 'x'.repeat(65)).id).toBeNull();
  });

  it('is a sign of life if it is no JSON object', () => {
    for (const data of ['', '{', '[]', '7', 'null'])
      expect(read('server-up', data).message).toEqual({ kind: 'heartbeat', source: null });
  });

  it('is read whatever it holds', () => {
    const type = fc.constantFrom('hello', 'snapshot', 'gap', 'bye', 'server-gone');
    fc.assert(fc.property(type, fc.json(), (name, json) => void read(name, json)));
    const keys = {
      servers: fc.jsonValue(),
      server: fc.jsonValue(),
      incarnation: fc.jsonValue(),
      title: fc.jsonValue(),
    };
    fc.assert(fc.property(type, fc.record(keys), (name, fields) => void read(name, fields)));
  });
});
