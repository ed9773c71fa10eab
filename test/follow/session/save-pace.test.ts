import { beforeEach, describe, expect, it } from '@jest/globals';
import { SavePace } from '../../../src/follow/session/save-pace.ts';
import type { FollowState } from '../../../src/follow/session/state.ts';
import { SuspendableClock } from '../support/suspendable-clock.ts';

const local = (number: number): FollowState => ({ cursor: `e-${number}`, host: 'box', servers: [] });
const ofFleet = (number: number): FollowState => {
  return { cursor: `0123456789ab-${number}.abcd`, host: null, servers: [], fleet: { rewinds: 0, seen: [] } };
};

describe('SavePace', () => {
  let clock: SuspendableClock;
  let costMs: number;
  let saved: FollowState[];
  let pace: SavePace;

  beforeEach(() => {
    clock = new SuspendableClock();
    costMs = 4;
    saved = [];
    pace = new SavePace(clock, (state) => {
      clock.advance(costMs);
      saved.push(state);
    });
  });

  it('saves the state of an exporter at once, each time', () => {
    for (const number of [1, 2, 3]) pace.save(local(number));
    expect(saved).toEqual([local(1), local(2), local(3)]);
  });

  it('saves the first of a fleet at once, and those that follow together', () => {
    for (const number of [1, 2, 3]) pace.save(ofFleet(number));
    expect(saved).toEqual([ofFleet(1)]);
    clock.advance(79);
    expect(saved).toEqual([ofFleet(1)]);
    clock.advance(1);
    expect(saved).toEqual([ofFleet(1), ofFleet(3)]);
  });

  it('saves at once after a rest', () => {
    pace.save(ofFleet(1));
    clock.advance(80);
    pace.save(ofFleet(2));
    expect(saved).toEqual([ofFleet(1), ofFleet(2)]);
  });

  it('rests for a second at most', () => {
    costMs = 500;
    pace.save(ofFleet(1));
    pace.save(ofFleet(2));
    clock.advance(1_000);
    expect(saved).toEqual([ofFleet(1), ofFleet(2)]);
  });

  it('loses nothing at the end', () => {
    for (const number of [1, 2]) pace.save(ofFleet(number));
    pace.flush();
    pace.flush();
    clock.advance(1_000);
    expect(saved).toEqual([ofFleet(1), ofFleet(2)]);
  });
});
