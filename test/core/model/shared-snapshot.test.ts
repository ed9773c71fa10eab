import { describe, expect, it } from '@jest/globals';
import { sharedSnapshot } from '../../../src/core/model/shared-snapshot.ts';
import type { Snapshot } from '../../../src/core/model/snapshot.ts';
import { sampleSession, sampleSnapshot } from '../../support/sample/sample.ts';

/** As another poll reads it: equal, and no object the same. */
function readAgain(snapshot: Snapshot): Snapshot {
  return structuredClone(snapshot);
}

describe('a shared snapshot', () => {
  it('is the earlier one if nothing has changed', () => {
    const before = sampleSnapshot();

    expect(sharedSnapshot(before, readAgain(before))).toBe(before);
  });

  it('is the new one if there is no earlier one', () => {
    const after = sampleSnapshot();

    expect(sharedSnapshot(null, after)).toBe(after);
  });

  it('has the new lists that changed, and the earlier ones of the rest', () => {
    const before = sampleSnapshot();
    const sessions = before.sessions.map((session) => ({ ...session, activityAt: session.activityAt + 1 }));
    const after = { ...readAgain(before), sessions };

    const shared = sharedSnapshot(before, after);

    expect(shared).toEqual(after);
    expect(shared.sessions).toBe(sessions);
    expect(shared.panes).toBe(before.panes);
    expect(shared.windows).toBe(before.windows);
  });

  it.each<[string, Partial<Snapshot>]>([
    ['incarnation', { incarnation: { pid: 1, startedAt: 2 } }],
    ['version', { version: '9.9' }],
    ['clients', { clients: { tty: 7, control: 7 } }],
    ['sessions', { sessions: [] }],
    ['windows', { windows: [] }],
    ['panes', { panes: [] }],
  ])('shows a change of the %s', (_, change) => {
    const before = sampleSnapshot();
    const after = { ...readAgain(before), ...change };

    expect(sharedSnapshot(before, after)).toEqual(after);
  });

  it('shows a change deep in an item', () => {
    const before = sampleSnapshot();
    const windows = before.windows.map((window) => ({
      ...window,
      links: window.links.map((link) => ({ ...link, bell: !link.bell })),
    }));
    const after = { ...readAgain(before), windows };

    expect(sharedSnapshot(before, after)).toEqual(after);
  });

  it('does not compare lists that are very long', () => {
    const sessions = Array.from({ length: 2_001 }, (_, number) => sampleSession(number));
    const before = sampleSnapshot({ sessions });
    const after = readAgain(before);

    expect(sharedSnapshot(before, after).sessions).toBe(after.sessions);
  });
});
