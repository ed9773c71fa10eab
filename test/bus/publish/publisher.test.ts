import { afterEach, describe, expect, it } from '@jest/globals';
import { busClock } from '../../../src/app/bus-link.ts';
import type { BusClock } from '../../../src/bus/bus-clock.ts';
import type { Answer } from '../../../src/bus/connection/stream-answer.ts';
import { Publisher } from '../../../src/bus/publish/publisher.ts';
import { MemoryBusMarks } from '../../../src/core/fleet/bus-mark.ts';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { randomDraft } from '../../support/fleet/random-events.ts';
import { eventually } from '../../support/machine/eventually.ts';

/** A hundred times as fast. */
const FAST_CLOCK: BusClock = {
  now: () => Date.now(),
  uptime: () => performance.now() * 100,
  after: (ms, action) => {
    const timer = setTimeout(action, ms / 100);
    return () => clearTimeout(timer);
  },
};

const AWAY: Answer = { kind: 'unreachable', problem: 'not connected' };

describe('A publisher', () => {
  let publisher: Publisher;
  /** What was asked of the bus. */
  let asked: string[] = [];
  let isUp = true;
  /** The events in the stream, the first at the sequence 101. */
  let stored = 0;
  /** The text of the last one, if it is not that of the history. */
  let lastText: string | null = null;
  let marks: MemoryBusMarks;
  /** What the history was told to begin anew with. */
  let renewals: number[][] = [];

  afterEach(async () => {
    lastText = null;
    await publisher.stop();
  });

  /** `shared` is the last event of a former epoch, if there is one. */
  function begin(events: number, acked: number, clock = FAST_CLOCK, shared: number | null = null): MemoryLog {
    const history = new MemoryLog('abc', { host: 'a', bootId: null });
    for (let event = 0; event < events; event++)
      history.append(
        randomDraft(() => 0.5),
        0,
      );
    if (shared !== null) history.renew('new', shared);
    marks = new MemoryBusMarks();
    marks.keep({ epoch: history.epoch, acked, sequence: 100 + acked, place: null });
    [asked, renewals] = [[], []];
    publisher = new Publisher({
      history,
      renew: (...known) => {
        const [until, sequence] = known;
        renewals.push(known);
        history.renew('new', until);
        return renewals.length === 1 ? { epoch: 'new', acked: until, sequence, place: null } : null;
      },
      isStored: () => true,
      marks,
      subject: 'tmux.events.build7.*',
      port: {
        publish: async ({ seq }, sequence) => {
          asked.push(`publish ${seq} after ${sequence}`);
          if (!isUp) return AWAY;
          if (sequence !== 100 + stored) return { kind: 'wrong_sequence', found: 100 + stored };
          stored = seq;
          return { kind: 'stored', sequence: 100 + seq, isDuplicate: false };
        },
        last: async () => {
          asked.push('last');
          const json = lastText ?? history.after(stored - 1, 1)[0]?.json ?? '';
          return isUp ? { kind: 'last', sequence: 100 + stored, event: { epoch: 'abc', seq: stored }, json } : AWAY;
        },
      },
      reconnect: () => {},
      observer: { onOutcome: () => {}, onFailures: () => {}, onStored: () => {} },
      clock,
      random: () => 0.5,
    });
    return history;
  }

  it('asks for its last message before it publishes, also if the bus comes up only after a while', async () => {
    [isUp, stored] = [false, 3];
    begin(5, 1);
    await eventually('it has failed often', () => asked.length > 8);
    isUp = true;
    publisher.ask();
    const since = asked.length;
    await eventually('all is published', () => stored === 5);
    expect(asked.slice(since)).toEqual(['last', 'publish 4 after 103', 'publish 5 after 104']);
  });

  it('asks while nothing happens, and puts back what is lost', async () => {
    [isUp, stored] = [true, 5];
    begin(5, 5);
    await eventually('it has asked twice', () => asked.length === 2);
    stored = 3;
    await eventually('all is put back', () => stored === 5);
    expect(asked.filter((question) => question !== 'last')).toEqual(['publish 4 after 103', 'publish 5 after 104']);
  });

  it('knows its last message of the former epoch', async () => {
    [isUp, stored] = [true, 5];
    begin(7, 4, FAST_CLOCK, 5);
    await eventually('what is new is published', () => stored === 7);
    expect(asked).toEqual(['last', 'publish 6 after 105', 'publish 7 after 106']);
  });

  it('goes on if the history begins a new epoch behind what is published', async () => {
    [isUp, stored] = [true, 5];
    const history = begin(5, 5);
    await eventually('it has asked', () => asked.length === 1);
    history.renew('new', 5);
    history.append(
      randomDraft(() => 0.5),
      0,
    );
    publisher.wake();
    await eventually('what is new is published', () => marks.mark?.acked === 6);
    expect(asked).toEqual(['last', 'publish 6 after 105']);
    expect(marks.mark).toMatchObject({ epoch: 'new', sequence: 106 });
  });

  it('does not ask while it publishes', async () => {
    [isUp, stored] = [true, 0];
    const history = begin(3, 0, busClock);
    await eventually('all is published', () => stored === 3);
    for (const seq of [4, 5]) {
      history.append(
        randomDraft(() => 0.5),
        0,
      );
      publisher.wake();
      await eventually(`${seq} is published`, () => stored === seq);
    }
    expect(asked).toEqual(['last', ...[1, 2, 3, 4, 5].map((seq) => `publish ${seq} after ${99 + seq}`)]);
  });

  it.each([
    ['later than the history', 9, null],
    ['that the history does not have', 6, '{"id":"abc-6"}'],
  ])('begins a new epoch if its last message is of an event %s', async (_, last, text) => {
    [isUp, stored, lastText] = [true, last, text];
    const history = begin(7, 5);
    await eventually('what is new is published', () => asked.length === 3);

    expect(renewals).toEqual([[5, 100 + last]]);
    expect(asked).toEqual(['last', `publish 6 after ${100 + last}`, 'publish 7 after 106']);
    expect(history.after(4).map(({ event }) => event.id)).toEqual(['abc-5', 'new-6', 'new-7']);
  });
});
