import { beforeEach, describe, expect, it } from '@jest/globals';
import type { GoneReason } from '../../../src/core/model/server.ts';
import { Graveyard, MAX_TOMBSTONES } from '../../../src/core/record/graveyard.ts';
import type { Death } from '../../../src/core/record/record.ts';
import type { Tombstone } from '../../../src/core/record/view.ts';
import { FakeClock } from '../../support/sample/fake-clock.ts';

describe('Graveyard', () => {
  let kept: Tombstone[] = [];
  let forgotten: string[] = [];
  let graveyard: Graveyard;
  let clock: FakeClock;

  beforeEach(() => {
    kept = [];
    forgotten = [];
    clock = new FakeClock(1);
    graveyard = new Graveyard({
      clock,
      onKept: (tombstone) => kept.push(tombstone),
      onForgotten: (name) => forgotten.push(name),
    });
  });

  function bury(name: string, reason: GoneReason = 'lost', at = 1, spared: readonly string[] = []): void {
    graveyard.bury(name, { reason, cause: 'unknown', at }, `incident of ${name}`, (other) => spared.includes(other));
  }

  function names(): string[] {
    return graveyard.list().map(({ name }) => name);
  }

  it('keeps the last death of a name, and how often it died of what', () => {
    bury('a', 'crashed', 1);
    bury('a', 'lost', 2);
    bury('a', 'crashed', 3);

    expect(graveyard.get('a')).toEqual({
      name: 'a',
      death: { reason: 'crashed', cause: 'unknown', at: 3 },
      deaths: { crashed: 2, lost: 1 },
      incident: 'incident of a',
      lingering: true,
    });
  });

  it('reports every change, so that it can be stored', () => {
    bury('a');
    graveyard.closeIncident('a');
    graveyard.endLingering(0);
    graveyard.forget('a');

    expect(kept.map(({ incident, lingering }) => [incident, lingering])).toEqual([
      ['incident of a', true],
      [null, true],
      [null, false],
    ]);
    expect(forgotten).toEqual(['a']);
  });

  it('reports nothing if nothing changes', () => {
    bury('a');
    graveyard.closeIncident('a');
    graveyard.endLingering(0);
    kept.length = 0;

    graveyard.closeIncident('a');
    graveyard.closeIncident('unknown');
    graveyard.endLingering(0);
    graveyard.forget('unknown');

    expect([kept, forgotten]).toEqual([[], []]);
  });

  it('ends the lingering of those that died long enough ago', () => {
    bury('early');
    clock.pass(1);
    bury('late');
    clock.pass(2);

    graveyard.endLingering(3);

    expect(graveyard.list().map(({ name, lingering }) => [name, lingering])).toEqual([
      ['early', false],
      ['late', true],
    ]);
  });

  it('forgets the oldest death of too many, and no more', () => {
    for (let at = 0; at < MAX_TOMBSTONES; at++) bury(`n${at}`);
    bury('n0');
    expect(forgotten).toEqual([]);

    bury('one more');

    expect(forgotten).toEqual(['n1']);
    expect(graveyard.list()).toHaveLength(MAX_TOMBSTONES);
    expect(names().slice(-2)).toEqual(['n0', 'one more']);
  });

  it('forgets those of the user with the most: nobody pushes out the deaths of another', () => {
    bury('precious');
    for (let at = 0; at < 2 * MAX_TOMBSTONES; at++) bury(`mallory/${at}`);

    expect(names()).toContain('precious');
    expect(graveyard.list()).toHaveLength(MAX_TOMBSTONES);
  });

  it('forgets none that is spared', () => {
    for (let at = 0; at < MAX_TOMBSTONES; at++) bury(`n${at}`);

    bury('one more', 'lost', 1, ['n0', 'n1']);

    expect(forgotten).toEqual(['n2']);
  });

  it('continues with what was stored, and does not store it again', () => {
    bury('a', 'crashed', 1);
    const before = graveyard.list();
    const next = new Graveyard({ clock, onKept: (tombstone) => kept.push(tombstone), onForgotten: () => {} });
    kept.length = 0;

    next.restore(before);
    expect([next.list(), kept]).toEqual([before, []]);

    next.bury('a', { reason: 'crashed', cause: 'unknown', at: 2 }, null, () => false);
    expect(next.get('a')?.deaths).toEqual({ crashed: 2 });
  });

  it('gives a death that was stored without a cause an unknown one', () => {
    const stored = { reason: 'crashed', at: 1 } as Death;
    const rest = { name: 'a', deaths: { crashed: 1 }, incident: null, lingering: true };

    graveyard.restore([{ ...rest, death: stored }]);

    expect(graveyard.get('a')).toEqual({ ...rest, death: { reason: 'crashed', cause: 'unknown', at: 1 } });
  });
});
