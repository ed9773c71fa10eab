import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { diffSessions, type SessionChange } from '../../../src/core/event/diff.ts';
import { sessions } from '../../support/sample/arbitrary.ts';
import { sampleSession } from '../../support/sample/sample.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

function apply(previous: readonly Named[], changes: readonly SessionChange[]): Map<string, string> {
  const after = new Map(previous.map(({ id, name }) => [id, name]));
  for (const { kind, session } of changes) {
    if (kind === 'closed') after.delete(session.id);
    else after.set(session.id, session.name);
  }
  return after;
}

describe('diffSessions', () => {
  it('finds nothing between a snapshot and itself', () => {
    fc.assert(
      fc.property(sessions(), (same) => {
        expect(diffSessions(same, structuredClone(same))).toEqual([]);
      }),
    );
  });

  it('turns the sessions before into the sessions after', () => {
    fc.assert(
      fc.property(sessions(), sessions(), (previous, next) => {
        expect(apply(previous, diffSessions(previous, next))).toEqual(new Map(next.map(({ id, name }) => [id, name])));
      }),
    );
  });

  it('says each session once', () => {
    fc.assert(
      fc.property(sessions(), sessions(), (previous, next) => {
        const ids = diffSessions(previous, next).map(({ session }) => session.id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('reports closed before renamed and created', () => {
    const previous = [sampleSession(1, { name: 'old' }), sampleSession(2, { name: 'ends' })];
    const next = [sampleSession(1, { name: 'new' }), sampleSession(3, { name: 'begins' })];

    expect(diffSessions(previous, next)).toMatchObject([
      { kind: 'closed', session: { id: '$2', name: 'ends' } },
      { kind: 'renamed', session: { id: '$1', name: 'new' }, previousName: 'old' },
      { kind: 'created', session: { id: '$3', name: 'begins' } },
    ]);
  });

  it('takes a session under an old name for a new one', () => {
    const changes = diffSessions([sampleSession(1, { name: 'work' })], [sampleSession(2, { name: 'work' })]);

    expect(changes.map(({ kind }) => kind)).toEqual(['closed', 'created']);
  });
});
