import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Answer } from '../../../src/bus/connection/stream-answer.ts';
import { messagePlaceOf } from '../../../src/bus/connection/stream-answer.ts';
import {
  advance,
  asking,
  beginPublication,
  type Circumstances,
  missedBefore,
  type Publication,
  type Sent,
  type Step,
} from '../../../src/bus/publish/publication.ts';
import type { EventPlace } from '../../../src/core/event/event-log.ts';
import type { BusMark } from '../../../src/core/fleet/bus-mark.ts';
import { ModelStream } from './support/model-stream.ts';

const AT: Circumstances = { isOurs: ({ epoch, seq }) => epoch === 'ours' && seq <= 20, now: 1_000_000, random: 0.5 };
const SUBJECT = 'tmux.events.build7.*';
const MARK = { epoch: 'ours', acked: 10, sequence: 50, place: { subject: SUBJECT, from: 0 } };

const begin = (changes: Partial<Publication> = {}): Publication => ({
  ...beginPublication(MARK, { epoch: 'ours', head: 20 }, SUBJECT),
  asksFrom: null,
  ...changes,
});
const sent: Sent = { seq: 11 };
const afterSent = (answer: Answer, former = begin()) => advance(former, answer, sent, AT);
const afterAsked = (answer: Answer, former = begin({ asksFrom: 52 }), at = AT) => advance(former, answer, null, at);

describe('A publication', () => {
  it('begins at the head if nothing was ever published', () => {
    expect(beginPublication(null, { epoch: 'ours', head: 20 }, SUBJECT).mark).toEqual({
      ...{ epoch: 'ours', acked: 20, sequence: 0 },
      place: { subject: SUBJECT, from: 20 },
    });
  });

  it('asks for our last message first, and continues after that', () => {
    const started = beginPublication(MARK, { epoch: 'ours', head: 20 }, SUBJECT);
    expect(started.asksFrom).toBe(0);
    const ahead = afterAsked({ kind: 'last', json: '', sequence: 50, event: { epoch: 'ours', seq: 12 } }, started);
    expect([ahead.publication.mark, ahead.publication.asksFrom]).toEqual([{ ...MARK, acked: 12 }, null]);
    const { publication, waitMs } = afterAsked({ kind: 'no_last' }, started);
    expect([publication.mark, publication.asksFrom, waitMs]).toEqual([{ ...MARK, sequence: 0 }, null, 0]);
  });

  it('publishes all the same if nobody says what its last message is', () => {
    const started = beginPublication(MARK, { epoch: 'ours', head: 20 }, SUBJECT);
    const refused = afterAsked({ kind: 'refused', reason: 'permission', problem: 'no' }, started);
    expect([refused.publication.mark, refused.publication.asksFrom]).toEqual([MARK, null]);
    const unreachable: Answer = { kind: 'unreachable', problem: 'timeout' };
    const third = [1, 2, 3].reduce((former) => afterAsked(unreachable, former).publication, started);
    const { publication, reconnects } = afterAsked(unreachable, third);
    expect([publication.mark, publication.asksFrom, reconnects]).toEqual([MARK, null, false]);
  });

  it('changes nothing if its last message is where it was, or another one is there', () => {
    const asked = asking(begin());
    // The event after it was too large.
    const same = afterAsked({ kind: 'last', json: '', sequence: 50, event: { epoch: 'ours', seq: 9 } }, asked);
    const other = afterAsked({ kind: 'last', json: '', sequence: 70, event: { epoch: 'other', seq: 9 } }, asked);
    for (const { publication, outcomes } of [same, other]) {
      expect(publication).toEqual(begin());
      expect(outcomes).toEqual([]);
    }
  });

  it('continues after its mark', () => {
    expect(beginPublication(MARK, { epoch: 'ours', head: 20 }, SUBJECT).mark).toEqual(MARK);
  });

  it('begins with the first event of a new epoch', () => {
    expect(beginPublication(MARK, { epoch: 'new', head: 3 }, SUBJECT).mark).toEqual({
      ...MARK,
      epoch: 'new',
      acked: 0,
    });
  });

  describe('under another subject', () => {
    const NEW = 'tmux.events.build8.*';
    const renamed = beginPublication(MARK, { epoch: 'ours', head: 12 }, NEW);
    const last = (sequence: number, seq: number): Answer => ({
      kind: 'last',
      json: '',
      sequence,
      event: { epoch: 'ours', seq },
    });

    it('goes on where it was', () => {
      expect(renamed.mark).toEqual({ ...MARK, sequence: 0, place: { subject: NEW, from: 10 } });
    });

    it('does not put back what it published under the former one', () => {
      const { publication, outcomes } = afterAsked(last(70, 4), renamed);
      expect([publication.mark.acked, publication.mark.sequence, publication.healsTo]).toEqual([10, 70, 10]);
      expect(outcomes).toEqual([]);
    });

    it('puts back what the stream lost of the present one', () => {
      const later = { ...renamed, mark: { ...renamed.mark, acked: 15, sequence: 90 } };
      const { publication } = afterAsked(last(70, 4), later);
      expect([publication.mark.acked, publication.healsTo]).toEqual([10, 15]);
    });

    it('keeps where it began, over restarts', () => {
      const { mark } = beginPublication({ ...renamed.mark, acked: 15 }, { epoch: 'ours', head: 15 }, NEW);
      expect(mark).toEqual({ ...renamed.mark, acked: 15 });
    });

    it('takes a mark without a subject for one of the present subject', () => {
      expect(beginPublication({ ...MARK, place: null }, { epoch: 'ours', head: 12 }, SUBJECT).mark).toEqual(MARK);
    });
  });

  it('moves on after an event is stored', () => {
    const { publication, outcomes } = afterSent({ kind: 'stored', sequence: 60, isDuplicate: false });
    expect(publication.mark).toEqual({ ...MARK, acked: 11, sequence: 60 });
    expect(outcomes).toEqual([{ kind: 'published', result: 'stored', events: 1 }]);
  });

  it('does not go back to the sequence of an older duplicate', () => {
    const { publication, outcomes } = afterSent({ kind: 'stored', sequence: 40, isDuplicate: true });
    expect(publication.mark).toEqual({ ...MARK, acked: 11 });
    expect(outcomes).toEqual([{ kind: 'published', result: 'duplicate', events: 1 }]);
  });

  it('sends the same event again if nothing of ours is in the stream', () => {
    const { publication, waitMs } = afterSent({ kind: 'wrong_sequence', found: 0 });
    expect([publication.mark, publication.asksFrom, waitMs]).toEqual([{ ...MARK, sequence: 0 }, null, 0]);
  });

  it('asks for our last message if the stream has another one', () => {
    expect(afterSent({ kind: 'wrong_sequence', found: 52 }).publication.asksFrom).toBe(52);
  });

  it('asks again if a replica lags behind', () => {
    const { publication, waitMs } = afterAsked({
      kind: 'last',
      json: '',
      sequence: 51,
      event: { epoch: 'ours', seq: 10 },
    });
    expect(publication.mark).toEqual(MARK);
    expect(publication.asksFrom).toBe(52);
    expect(waitMs).toBeGreaterThan(0);
  });

  it('goes on after an event whose answer was lost', () => {
    const { publication, outcomes } = afterAsked({
      kind: 'last',
      json: '',
      sequence: 52,
      event: { epoch: 'ours', seq: 11 },
    });
    expect([publication.mark, publication.asksFrom]).toEqual([{ ...MARK, acked: 11, sequence: 52 }, null]);
    expect(outcomes).toEqual([{ kind: 'published', result: 'stored', events: 1 }]);
  });

  it('puts back the events that the stream lost', () => {
    const { publication } = afterAsked({ kind: 'last', json: '', sequence: 52, event: { epoch: 'ours', seq: 8 } });
    const results = [9, 10, 11].reduce<{ now: Publication; seen: string[] }>(
      ({ now, seen }, seq) => {
        const next = advance(now, { kind: 'stored', sequence: 50 + seq, isDuplicate: false }, { seq }, AT);
        return { now: next.publication, seen: [...seen, ...next.outcomes.map((o) => ('result' in o ? o.result : ''))] };
      },
      { now: publication, seen: [] },
    );
    expect(results.seen).toEqual(['healed', 'healed', 'stored']);
  });

  it.each([
    ['of another epoch', { epoch: 'other', seq: 3 }],
    ['without an id', null],
    ['of a copy of our store, ahead of our history', { epoch: 'ours', seq: 21 }],
  ])('keeps its place behind a message %s', (_, event) => {
    const { publication } = afterAsked({ kind: 'last', json: '', sequence: 52, event });
    expect([publication.mark, publication.asksFrom]).toEqual([{ ...MARK, sequence: 52 }, null]);
  });

  it('finds its name taken if another epoch wins three times in a minute', () => {
    const win = (former: Publication, now: number): Step =>
      afterAsked({ kind: 'last', json: '', sequence: 52, event: { epoch: 'other', seq: 3 } }, former, { ...AT, now });
    const slow = [0, 61_000, 122_000, 183_000].reduce((former, now) => win(former, now).publication, begin());
    const taken = win(win(win(begin(), 0).publication, 20_000).publication, 40_000);
    expect(slow.isNameTaken).toBe(false);
    expect([taken.publication.isNameTaken, taken.waitMs]).toEqual([true, 60_000]);
  });

  it('skips an event that is too large, and says so with the next', () => {
    const { publication, outcomes } = afterSent({ kind: 'refused', reason: 'too_large', problem: '' });
    expect(publication.mark).toEqual({ ...MARK, acked: 11 });
    expect(missedBefore(publication, 12)).toBe(1);
    expect(outcomes).toContainEqual({ kind: 'published', result: 'skipped', events: 1 });
  });

  it.each(['full', 'permission', 'version', 'other'] as const)('waits with its event after a refusal: %s', (reason) => {
    const { publication, waitMs } = afterSent({ kind: 'refused', reason, problem: '' });
    expect([publication.mark, waitMs]).toEqual([MARK, 5_000]);
  });

  it('waits longer after each failure, at most 2 s, and changes the server after each fourth', () => {
    const steps: Step[] = [];
    let publication = begin();
    for (let failure = 1; failure <= 8; failure++) {
      const next = afterSent({ kind: 'unreachable', problem: 'timeout' }, publication);
      steps.push(next);
      publication = next.publication;
    }
    expect(steps.map(({ waitMs }) => waitMs)).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000, 2_000]);
    expect(steps.map(({ reconnects }) => reconnects)).toEqual([false, false, false, true, false, false, false, true]);
  });

  it('counts what left the history before it could be published', () => {
    const { publication, outcomes } = advance(
      begin(),
      { kind: 'stored', sequence: 60, isDuplicate: false },
      { seq: 15 },
      AT,
    );
    expect(publication.mark.acked).toBe(15);
    expect(outcomes).toContainEqual({ kind: 'published', result: 'skipped', events: 4 });
  });
});

describe('A message id', () => {
  it.each([
    ['build7:a1b2-12', { epoch: 'a1b2', seq: 12 }],
    ['a1b2-12', null],
    ['build7:a1b2', null],
    ['', null],
  ])('%j is read as %j', (id, place) => {
    expect(messagePlaceOf(id)).toEqual(place);
  });
});

/** What can happen while a history is published. */
const trouble = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ kind: 'none' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'request_lost' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'answer_lost' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('lag' as const), by: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('went_back' as const), by: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restarted' as const }) },
);
const foreign = fc.constant({ kind: 'foreign' as const });
const lossOfAll = fc.constantFrom({ kind: 'purged' as const }, { kind: 'made_anew' as const });
type Trouble =
  | (typeof trouble extends fc.Arbitrary<infer T> ? T : never)
  | { kind: 'foreign' }
  | { kind: 'purged' }
  | { kind: 'made_anew' };

/** Publishes a history of 12 events through `troubles`, and then without any until all is published. */
function publishAll(stream: ModelStream, troubles: readonly Trouble[]): Publication {
  const head = 12;
  let saved: BusMark = { ...MARK, acked: 0, sequence: 0 };
  let publication = beginPublication(saved, { epoch: 'ours', head: head }, SUBJECT);
  for (let turn = 0; turn < troubles.length + 60; turn++) {
    const happening = troubles[turn] ?? { kind: 'none' };
    if (happening.kind === 'went_back' && stream.messages.length > 0) stream.lose(happening.by);
    if (happening.kind === 'purged') stream.purge();
    if (happening.kind === 'made_anew') stream.makeAnew();
    if (happening.kind === 'foreign') stream.publish({ epoch: 'other', seq: turn }, stream.lastSequence);
    // The mark is stored a little later than it moves.
    if (happening.kind === 'restarted') publication = beginPublication(saved, { epoch: 'ours', head: head }, SUBJECT);
    else if (turn % 3 === 0) saved = publication.mark;
    const { mark, asksFrom } = publication;
    const seq = mark.acked + 1;
    const lag = happening.kind === 'lag' ? happening.by : 0;
    const at = { isOurs: ({ epoch }: EventPlace) => epoch === 'ours', now: turn * 60_000, random: 0.5 };
    if (asksFrom === null && seq > head) {
      publication = asking(publication);
      continue;
    }
    const ask = () => (asksFrom === null ? stream.publish({ epoch: 'ours', seq }, mark.sequence) : stream.last(lag));
    const lost: Answer = { kind: 'unreachable', problem: 'timeout' };
    if (happening.kind === 'answer_lost') ask();
    const isLost = happening.kind === 'answer_lost' || happening.kind === 'request_lost';
    const answer = isLost ? lost : ask();
    publication = advance(publication, answer, asksFrom === null ? { seq } : null, at).publication;
  }
  return publication;
}

describe('A history that is published through faults', () => {
  const ALL = Array.from({ length: 12 }, (_, index) => index + 1);

  it('is in the stream once, in order', () => {
    fc.assert(
      fc.property(fc.array(trouble, { maxLength: 60 }), (troubles) => {
        const stream = new ModelStream(false);
        const publication = publishAll(stream, troubles);
        expect(publication.mark.acked).toBe(12);
        expect(stream.seqsOf('ours')).toEqual(ALL);
      }),
    );
  });

  it('is never in the stream twice, whatever the stream loses', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(trouble, lossOfAll), { maxLength: 60 }), (troubles) => {
        const stream = new ModelStream(false);
        expect(publishAll(stream, troubles).mark.acked).toBe(12);
        const seqs = stream.seqsOf('ours');
        expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => a - b));
      }),
    );
  });

  // If the answer to our last message was lost, and another exporter's message follows, only the dedup window knows ours.
  it('is in it once beside another exporter of the same name, within the dedup window', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 9, arbitrary: trouble }, foreign), { maxLength: 60 }), (troubles) => {
        const stream = new ModelStream(true);
        expect(publishAll(stream, troubles).mark.acked).toBe(12);
        const seqs = stream.seqsOf('ours');
        expect(seqs).toHaveLength(new Set(seqs).size);
        if (!troubles.some(({ kind }) => kind === 'went_back')) expect(seqs).toEqual(ALL);
      }),
    );
  });

  it('would be in it twice without the expected sequence', () => {
    const stream = new ModelStream(false);
    for (const _ of ['first', 'retry']) stream.publish({ epoch: 'ours', seq: 1 }, stream.lastSequence);
    expect(stream.seqsOf('ours')).toEqual([1, 1]);
  });
});
