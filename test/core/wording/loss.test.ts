import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lossOf } from '../../../src/core/wording/loss.ts';
import { hostileText, snapshot } from '../../support/sample/arbitrary.ts';
import { samplePane, sampleSession, sampleSnapshot, sampleWindow } from '../../support/sample/sample.ts';

describe('lossOf', () => {
  it('counts what would be lost, with names and commands', () => {
    const holds = sampleSnapshot({
      sessions: [sampleSession(0, { name: 'api', attachedClients: 1 }), sampleSession(1, { name: 'db' })],
      windows: [sampleWindow(0, [0]), sampleWindow(1, [1])],
      panes: [samplePane(0, 0, { command: 'vim' }), samplePane(1, 0, { command: 'node' }), samplePane(2, 1)],
    });

    expect(lossOf(holds, null)).toEqual({
      sessions: 2,
      windows: 2,
      panes: 3,
      attached: 1,
      session_names: ['api', 'db'],
      commands: ['vim', 'node', 'sh'],
    });
  });

  it('names each command once, and none of a dead or an empty pane', () => {
    const panes = [
      samplePane(0, 0, { command: 'vim' }),
      samplePane(1, 0, { command: 'vim' }),
      samplePane(2, 0, { command: 'make', dead: true }),
      samplePane(3, 0, { command: '' }),
    ];

    expect(lossOf(sampleSnapshot({ panes }), null).commands).toEqual(['vim']);
  });

  it('names tmux only in a pane that an earlier poll showed: a new pane runs a copy of the server for a moment', () => {
    const vim = samplePane(0, 0, { command: 'vim' });
    const first = sampleSnapshot({ panes: [vim, samplePane(1, 0, { command: 'tmux' })] });
    const second = sampleSnapshot({ panes: [vim, samplePane(1, 0, { command: 'tmux' })] });

    expect(lossOf(first, null).commands).toEqual(['vim']);
    expect(lossOf(first, sampleSnapshot({ panes: [vim] })).commands).toEqual(['vim']);
    expect(lossOf(second, first).commands).toEqual(['vim', 'tmux']);
  });

  it('names at most 20 sessions and still counts all', () => {
    const sessions = Array.from({ length: 25 }, (_, number) => sampleSession(number));

    const loss = lossOf(sampleSnapshot({ sessions }), null);

    expect(loss.sessions).toBe(25);
    expect(loss.session_names).toHaveLength(20);
  });

  it('keeps its names within 360 bytes of JSON each, whatever they are', () => {
    fc.assert(
      fc.property(snapshot(hostileText, hostileText), (holds) => {
        const { session_names, commands } = lossOf(holds, null);
        expect(Buffer.byteLength(JSON.stringify(session_names))).toBeLessThanOrEqual(362);
        expect(Buffer.byteLength(JSON.stringify(commands))).toBeLessThanOrEqual(362);
      }),
    );
  });
});
