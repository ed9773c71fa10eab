import { describe, expect, it } from '@jest/globals';
import { tallyServer, tallySessions } from '../../../src/core/model/tally.ts';
import { samplePane, sampleSession, sampleSnapshot, sampleWindow } from '../../support/sample/sample.ts';

const LINKED = sampleSnapshot({
  sessions: [sampleSession(0, { attachedClients: 2 }), sampleSession(1)],
  windows: [sampleWindow(0, [0, 1], { bell: true }), sampleWindow(1, [1], { activity: true, silence: true })],
  panes: [samplePane(0, 0), samplePane(1, 0, { dead: true }), samplePane(2, 1)],
});

const EMPTY = sampleSnapshot({ sessions: [], windows: [], panes: [] });

describe('tallyServer', () => {
  it('counts a window that is linked twice once', () => {
    expect(tallyServer(LINKED)).toEqual({ sessions: 2, windows: 2, panes: 3, deadPanes: 1, attachedSessions: 1 });
  });

  it('counts zeros on a server without sessions', () => {
    expect(tallyServer(EMPTY)).toEqual({ sessions: 0, windows: 0, panes: 0, deadPanes: 0, attachedSessions: 0 });
  });
});

describe('tallySessions', () => {
  it('counts a linked window and its panes in each of its sessions', () => {
    expect(tallySessions(LINKED)).toMatchObject([
      { session: { id: '$0' }, windows: 1, panes: 2, bellWindows: 1, activityWindows: 0, silenceWindows: 0 },
      { session: { id: '$1' }, windows: 2, panes: 3, bellWindows: 1, activityWindows: 1, silenceWindows: 1 },
    ]);
  });

  it('counts a window once that is linked into a session twice', () => {
    const { windows } = LINKED;
    const twice = windows.map((window) => ({ ...window, links: [...window.links, ...window.links] }));
    expect(tallySessions({ ...LINKED, windows: twice })).toEqual(tallySessions(LINKED));
  });

  it('goes through the links of a window as often with a thousand sessions as with one', () => {
    const readsWith = (count: number) => {
      const numbers = Array.from({ length: count }, (_, number) => number);
      const { links, ...window } = sampleWindow(0, numbers);
      let reads = 0;
      const counted = Object.defineProperty({ ...window, links }, 'links', {
        get: () => {
          reads++;
          return links;
        },
      });
      const sessions = numbers.map((number) => sampleSession(number));
      tallySessions(sampleSnapshot({ sessions, windows: [counted], panes: [] }));
      return reads;
    };
    expect(readsWith(1_000)).toBe(readsWith(1));
  });

  it('has nothing to say of a server without sessions', () => {
    expect(tallySessions(EMPTY)).toEqual([]);
  });
});
