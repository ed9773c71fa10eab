import { describe, expect, it } from '@jest/globals';
import type { Msg } from '@nats-io/transport-node';
import { streamLookOf } from '../../../src/bus/read/stream-look.ts';

/** What nats-server 2.15.2 answers on one of three nodes, shortened. */
const ANSWER = {
  type: 'io.nats.jetstream.api.v1.stream_info_response',
  config: { name: 'TMUX_EVENTS', num_replicas: 3 },
  created: '2026-03-01T12:00:00.123456789Z',
  state: { messages: 4, first_seq: 7, last_seq: 10, last_ts: '2026-03-01T12:00:01Z' },
  cluster: {
    name: 'c',
    leader: 'n1',
    replicas: [
      { name: 'n0', current: true, active: 82_401_346 },
      { name: 'n2', current: false, offline: true, active: 9_000_000_000 },
    ],
  },
  ts: '2026-03-01T12:00:02Z',
};

function lookAt(answer: unknown) {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  return streamLookOf({ kind: 'reply', message: { string: () => text } as Msg });
}

describe('The state of a stream', () => {
  it('is read from the answer of its leader', () => {
    expect(lookAt(ANSWER)).toEqual({
      kind: 'state',
      state: {
        created: '2026-03-01T12:00:00.123456789Z',
        firstSeq: 7,
        lastSeq: 10,
        messages: 4,
        lastAt: Date.UTC(2026, 2, 1, 12, 0, 1),
        hasLeader: true,
        replicas: 3,
        heardMs: [82.401346, Infinity],
        isCurrent: true,
        busTime: Date.UTC(2026, 2, 1, 12, 0, 2),
      },
      settings: ANSWER.config,
    });
  });

  it('has a leader on a single server, which says nothing of one', () => {
    const { cluster: _, ts: __, ...answer } = { ...ANSWER, config: { num_replicas: 1 } };
    expect(lookAt(answer)).toMatchObject({ state: { hasLeader: true, heardMs: [], busTime: null } });
  });

  it('has no leader if a cluster names none', () => {
    expect(lookAt({ ...ANSWER, cluster: { replicas: [] } })).toMatchObject({ state: { hasLeader: false } });
  });

  it.each([
    ['catches up', { name: 'n0', current: false, active: 82_401_346 }],
    ['lags', { name: 'n0', current: true, lag: 3, active: 82_401_346 }],
  ])('is not current if a node %s', (_, node) => {
    expect(lookAt({ ...ANSWER, cluster: { leader: 'n1', replicas: [node] } })).toMatchObject({
      state: { isCurrent: false },
    });
  });

  it('begins after its end if it is empty', () => {
    const state = { messages: 0, first_seq: 0, last_seq: 10, last_ts: '0001-01-01T00:00:00Z' };
    expect(lookAt({ ...ANSWER, state })).toMatchObject({ state: { firstSeq: 11, lastSeq: 10 } });
  });

  it('is unknown if there is no stream, or no sensible answer', () => {
    expect(lookAt({ error: { code: 404, err_code: 10_059, description: 'stream not found' } })).toEqual({
      kind: 'missing',
    });
    expect(lookAt({ error: { code: 503, description: 'no quorum' } })).toEqual({
      kind: 'silent',
      problem: 'no quorum',
    });
    for (const text of ['', 'null', '{}']) expect(lookAt(text)).toMatchObject({ kind: 'silent' });
    expect(streamLookOf({ kind: 'unreachable', problem: 'timeout' })).toEqual({ kind: 'silent', problem: 'timeout' });
    expect(streamLookOf({ kind: 'refused', reason: 'permission', problem: 'no' })).toEqual({
      kind: 'refused',
      problem: 'no',
    });
  });
});
