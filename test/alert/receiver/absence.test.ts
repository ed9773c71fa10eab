import { describe, expect, it } from '@jest/globals';
import { ABSENT_MS, absenceChanges } from '../../../src/alert/receiver/absence.ts';
import { MemoryOutbox } from '../../../src/core/alert/outbox.ts';
import { NOW } from '../support/events.ts';

/** An outbox with a row of each of two receivers. */
function outboxOf(...receivers: readonly string[]): MemoryOutbox {
  const outbox = new MemoryOutbox();
  for (const receiver of receivers) {
    const row = { id: 'i', fired: [], toldAt: 0, endedAt: null };
    outbox.commit([{ receiver, kind: 'incident', key: 'i', row }], null);
  }
  return outbox;
}

function pass(outbox: MemoryOutbox, configured: readonly string[], now: number): string[] {
  outbox.commit(absenceChanges(outbox.all(), new Set(configured), now), null);
  return outbox.all().map(({ receiver, kind }) => `${receiver} ${kind}`);
}

describe('the rows of a receiver that is not configured any more', () => {
  it('are deleted after a day, and those of another stay', () => {
    const outbox = outboxOf('a', 'b');
    expect(pass(outbox, ['b'], NOW)).toEqual(['a incident', 'b incident', 'a absence']);
    expect(pass(outbox, ['b'], NOW + ABSENT_MS - 1)).toHaveLength(3);
    expect(pass(outbox, ['b'], NOW + ABSENT_MS)).toEqual(['b incident']);
  });

  it('stay if it is configured again within the day', () => {
    const outbox = outboxOf('a');
    pass(outbox, [], NOW);
    expect(pass(outbox, ['a'], NOW + ABSENT_MS - 1)).toEqual(['a incident']);
    pass(outbox, [], NOW + ABSENT_MS);
    expect(pass(outbox, [], NOW + 2 * ABSENT_MS - 1)).toHaveLength(2);
  });

  it('are deleted if it is configured again later, while the exporter was down', () => {
    const outbox = outboxOf('a');
    pass(outbox, [], NOW);
    expect(pass(outbox, ['a'], NOW + 30 * ABSENT_MS)).toEqual([]);
  });

  it('are deleted a day later at the latest if the clock was set back', () => {
    const outbox = outboxOf('a');
    pass(outbox, [], NOW + 99 * ABSENT_MS);
    pass(outbox, [], NOW);
    expect(pass(outbox, [], NOW + ABSENT_MS)).toEqual([]);
  });
});
