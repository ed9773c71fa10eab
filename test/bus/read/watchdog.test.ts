import { describe, expect, it } from '@jest/globals';
import type { StreamLook, StreamState } from '../../../src/bus/read/stream-look.ts';
import { type Circumstances, FRESH_WATCH, judge, type Verdict } from '../../../src/bus/read/watchdog.ts';

const STATE: StreamState = {
  created: 'then',
  firstSeq: 1,
  lastSeq: 10,
  messages: 10,
  lastAt: 0,
  hasLeader: true,
  replicas: 3,
  heardMs: [300, 400],
  isCurrent: true,
  busTime: null,
};

const SILENT: StreamLook = { kind: 'silent', problem: 'timeout' };

function seen(state: Partial<StreamState>): StreamLook {
  return { kind: 'state', state: { ...STATE, ...state }, settings: {} };
}

/** The verdicts on looks that follow each other by a second. All that the stream held was read before the first. */
function verdictsOn(looks: readonly StreamLook[], at: Partial<Circumstances> = {}): Verdict[] {
  let watch = FRESH_WATCH;
  return looks.map((look, second) => {
    const circumstances = {
      now: second * 1_000,
      heardAt: 0,
      position: 10,
      created: 'then',
      comparison: 'same' as const,
      ...at,
    };
    const judged = judge(watch, look, circumstances);
    watch = judged.watch;
    return judged.verdict;
  });
}

describe('A stream that is read', () => {
  it.each<[string, StreamLook[], Verdict[]]>([
    ['is fine if it has a leader and a majority', [seen({})], ['fine']],
    ['is fine on a single server', [seen({ replicas: 1, heardMs: [] })], ['fine']],
    [
      'is fine without one node of three',
      [seen({ heardMs: [300, Infinity] }), seen({ heardMs: [300, 9_000] })],
      ['fine', 'fine'],
    ],
    ['is in doubt while nothing answers', [SILENT, SILENT], ['doubtful', 'doubtful']],
    [
      'is unhealthy if nothing answers three times',
      [SILENT, SILENT, SILENT, SILENT],
      ['doubtful', 'doubtful', 'unhealthy', 'doubtful'],
    ],
    [
      'is in doubt if answers come in between',
      [SILENT, SILENT, seen({}), SILENT],
      ['doubtful', 'doubtful', 'fine', 'doubtful'],
    ],
    [
      'is unhealthy without a leader',
      [seen({ hasLeader: false }), seen({ hasLeader: false })],
      ['doubtful', 'unhealthy'],
    ],
    [
      'is unhealthy if its leader hears nobody',
      [seen({ heardMs: [5_000, 5_000] }), seen({ heardMs: [6_000, Infinity] })],
      ['doubtful', 'unhealthy'],
    ],
    ['is fine after a new leader heard of the others', [seen({ heardMs: [1e9, 1e9] }), seen({})], ['doubtful', 'fine']],
    [
      'is fine while it waits less than 3 s',
      [seen({ lastSeq: 11 }), seen({ lastSeq: 11 }), seen({ lastSeq: 11 })],
      ['fine', 'fine', 'fine'],
    ],
    [
      'is stuck if messages do not come for 3 s',
      [1, 2, 3, 4].map(() => seen({ lastSeq: 11 })),
      ['fine', 'fine', 'fine', 'stuck'],
    ],
    [
      'is rewound if it is shorter than what was read, twice',
      [seen({ lastSeq: 9 }), seen({ lastSeq: 9 })],
      ['doubtful', 'rewound'],
    ],
    ['is fine if its leader was a moment late', [seen({ lastSeq: 9 }), seen({})], ['doubtful', 'fine']],
    ['is rewound if it was made anew', [seen({ created: 'now' })], ['rewound']],
    [
      'is in doubt while it is missing',
      [1, 2, 3, 4].map(() => ({ kind: 'missing' })),
      ['doubtful', 'doubtful', 'doubtful', 'doubtful'],
    ],
  ])('%s', (_, looks, verdicts) => {
    expect(verdictsOn(looks)).toEqual(verdicts);
  });

  it('is rewound if a message that was read is another', () => {
    expect(verdictsOn([seen({})], { comparison: 'other' })).toEqual(['rewound']);
  });

  it('is in doubt while it cannot be compared, but not for ever', () => {
    const looks = [1, 2, 3, 4].map(() => seen({}));
    expect(verdictsOn(looks, { comparison: 'unknown' })).toEqual(['doubtful', 'doubtful', 'fine', 'fine']);
  });

  it('is not stuck while messages come', () => {
    const looks = [1, 2, 3, 4, 5].map(() => seen({ lastSeq: 99 }));
    expect(verdictsOn(looks, { heardAt: 2_500 })).toEqual(['fine', 'fine', 'fine', 'fine', 'fine']);
  });

  it('is read from its beginning whatever it is, if it was never seen', () => {
    expect(verdictsOn([seen({ created: 'now' })], { created: null, position: 0 })).toEqual(['fine']);
  });
});
