import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { goneDraft } from '../../src/core/wording/draft.ts';
import { textOf } from '../../src/follow/notice/text-line.ts';
import { terminalPicture } from '../support/judges/terminal-picture.ts';
import { DEAD, failed, sampleDeath, sampleSession, sampleSnapshot, upRecord } from '../support/sample/sample.ts';

const COMMITTED = readFileSync(new URL('../../docs/images/terminal.svg', import.meta.url), 'utf8');

describe('The picture of a terminal', () => {
  it('shows colours, and text as it is', () => {
    const picture = terminalPicture('\u001b[1;31ma <b> & "c"\u001b[0m d\r\n', 'A "title"');
    expect(picture).toContain('fill="#ff7b72" font-weight="bold">a &lt;b&gt; &amp; &quot;c&quot;</tspan>');
    expect(picture).toContain('fill="#d8dee9"> d</tspan>');
    expect(picture).toContain('aria-label="A &quot;title&quot;"');
  });

  it('breaks a long line as a terminal does', () => {
    expect(terminalPicture('x'.repeat(121), '').match(/<text /g)).toHaveLength(2);
  });

  it('is of the present wording', () => {
    const names = ['api', 'notes', 'web'];
    const snapshot = sampleSnapshot({ sessions: names.map((name, at) => sampleSession(at, { name })) });
    const { title, body } = goneDraft(
      upRecord(snapshot),
      sampleDeath('crashed'),
      failed('refused', { ...DEAD, watch: 'nothing' }),
    );
    expect(shownIn(COMMITTED)).toContain(
      title.replace(/: .*/, ': 3 sessions, 3 panes lost (api, notes, web); it ran for '),
    );
    // A long line is broken at any place.
    const unbroken = (text: string) => text.replace(/\s/g, '');
    expect(unbroken(shownIn(COMMITTED))).toContain(unbroken(body.replace(/Its process \d+ (.*) Running.*/, '$1')));
    const notice = { severity: 'critical', type: 'server-gone', time: '', title: 'T', body: [] } as never;
    expect(terminalPicture(textOf(notice, true), '')).toContain('fill="#ff7b72" font-weight="bold">critical T</tspan>');
  });

  it('shows nothing of the machine that drew it', () => {
    expect(
      shownIn(COMMITTED)
        .match(/\/tmp\/[\w/-]+/g)
        ?.every((path) => path.startsWith('/tmp/tmux-1000/')),
    ).toBe(true);
  });
});

function shownIn(picture: string): string {
  return picture.replace(/<[^>]*>/g, '').replaceAll('&amp;', '&');
}
