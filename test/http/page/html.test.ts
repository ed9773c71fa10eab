import { describe, expect, it } from '@jest/globals';
import { type Html, html } from '../../../src/http/page/html.ts';

describe('a template of HTML', () => {
  it('escapes text for elements and attributes', () => {
    expect(html`<a title="${`"'>`}">${'<b>&'}</a>`.text).toBe('<a title="&quot;&#39;&gt;">&lt;b&gt;&amp;</a>');
  });

  it('takes other templates as they are, alone and in lists', () => {
    expect(html`<p>${html`<b>${1}</b>`}${['a', '<'].map((text) => html`<i>${text}</i>`)}</p>`.text).toBe(
      '<p><b>1</b><i>a</i><i>&lt;</i></p>',
    );
  });

  it('escapes what only looks like a template', () => {
    const forged = [{ text: '<b>' }] as unknown as readonly Html[];
    expect(html`${forged}${['<i>'] as unknown as readonly Html[]}`.text).toBe('[object Object]&lt;i&gt;');
  });

  it('shows marks that would hide or reorder text as replacement characters', () => {
    expect(html`${'a\u202eb\u0000c'}`.text).toBe('a\ufffdb\ufffdc');
  });
});
