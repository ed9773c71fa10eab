/** Hostile names: mentions, markup, links, HTML, JSON, escapes for a terminal, marks that reorder. */
export const HOSTILE_NAMES = [
  '@everyone',
  '<!channel>',
  '<https://evil.example|click>',
  '[click](https://evil.example)',
  '**bold** _it_ ~~no~~ `code` ||spoiler||',
  '"},{"text":"x',
  '{{title}}',
  '\u001b]0;title\u0007\u001b[31m',
  'a\r\nb',
  '\u202egnp.exe',
  '</script><b>&amp;',
  '\ud800',
  '😀'.repeat(40),
  'x'.repeat(300),
] as const;
