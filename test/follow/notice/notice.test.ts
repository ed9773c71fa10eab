import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asOfText } from '../../../src/core/wording/wording.ts';
import { noticeOf, summaryOf, vanishedEvent } from '../../../src/follow/notice/notice.ts';
import { textOf } from '../../../src/follow/notice/text-line.ts';
import { hostileText } from '../../support/sample/arbitrary.ts';
import { event, life, notice } from '../support/samples.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/;

describe('A notice', () => {
  it('holds nothing that a terminal obeys, whatever the event holds', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const server = { ...life('work'), name: text };
        const shown = noticeOf(
          event('alert', server, { title: text, body: text, time: text, severity: 'critical' }),
          text,
        );
        const lines = textOf(shown, false).split('\n');
        expect(lines.filter((line) => CONTROL.test(line))).toEqual([]);
        expect(lines.length).toBeLessThanOrEqual(3);
        expect(`${shown.server}`).not.toMatch(CONTROL);
      }),
    );
  });

  it('names the machine first, if there are several', () => {
    const gone = event('server-gone', life('work'), { title: 'tmux server work crashed' });
    expect(noticeOf(gone, 'build7').title).toBe('build7: tmux server work crashed');
    expect(noticeOf(gone, null).title).toBe('tmux server work crashed');
  });

  it('says in a summary how many of which kind, the gravest first', () => {
    const gone = (name: string) => notice({ type: 'server-gone', severity: 'critical', title: `${name} is gone` });
    const summary = summaryOf([notice(), gone('work'), notice({ title: 'play is up' }), gone('play')]);
    expect(summary).toMatchObject({
      severity: 'critical',
      title: '4 tmux notices: 2 server-gone, 2 server-up',
      body: ['work is gone', 'play is gone', 'tmux server work is up', 'play is up'],
    });
  });

  it('says in a summary as of when the list of each title is', () => {
    const body = [`Its process has ended. ${asOfText({ as_of: '2026-03-01T12:00:00.000Z' })}`];
    const summary = summaryOf([notice({ title: 'work is gone', body }), notice({ title: 'play is up' })]);
    expect(summary.body).toEqual(['work is gone; the list is as of 2026-03-01 12:00:00 UTC', 'play is up']);
  });

  it('repeats no more than ten titles in a summary', () => {
    const { body } = summaryOf(Array.from({ length: 50 }, () => notice()));
    expect(body).toHaveLength(11);
    expect(body.at(-1)).toBe('and 40 more');
  });

  it('of a server that vanished is marked as nobody else’s word', () => {
    const vanished = vanishedEvent(life('work'), 'box', Date.UTC(2026, 0, 2));
    expect(JSON.parse(vanished.json)).toMatchObject({ type: 'server-gone', id: null, synthetic: true, reason: 'lost' });
    expect(noticeOf(vanished, null).title).toBe('tmux server work vanished while the feed was interrupted');
  });
});

describe('textOf', () => {
  it('is a line with local time, severity and title, and the body below if it matters', () => {
    const shown = notice({ severity: 'warning', title: 'tmux server work ended', body: ['Its process has ended.'] });
    expect(textOf(shown, false)).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d warning {2}tmux server work ended\n {4}Its process has ended\.\n$/,
    );
    expect(textOf({ ...shown, severity: 'info' }, false).split('\n')).toHaveLength(2);
  });

  it('is coloured only if it is to be', () => {
    const shown = notice({ severity: 'critical' });
    expect(textOf(shown, true)).toContain('\u001b[1;31mcritical');
    expect(textOf(shown, false)).not.toContain('\u001b');
  });
});
