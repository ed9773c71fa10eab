import { describe, expect, it } from '@jest/globals';
import { allDocuments, documents } from './support/documents.ts';
import { anchorsOf, linksOf, problemOf } from './support/links.ts';

describe('The links of the documents', () => {
  it.each(allDocuments())('in %s lead somewhere', (path) => {
    expect(
      linksOf(path)
        .map(problemOf)
        .filter((problem) => problem !== null),
    ).toEqual([]);
  });

  it('reach every page of docs/ from the README', () => {
    const linked = new Set(linksOf('README.md').map(({ target }) => target.replace(/#.*/, '')));
    expect(documents().filter((path) => path.startsWith('docs/') && !linked.has(path))).toEqual([]);
  });

  it('are found in text, not in code, and not if they lead to another site', () => {
    const text = '[a](b.md)\n`[c](d.md)`\n```md\n[e](f.md)\n```\n![g](h.png) [i](https://j)\n';
    expect(linksOf('x.md', text)).toEqual([
      { place: 'x.md:1', target: 'b.md' },
      { place: 'x.md:6', target: 'h.png' },
    ]);
  });

  it.each([
    ['no-such-file.md', /^README\.md:3 leads to no-such-file\.md, which does not exist$/],
    ['CHANGELOG.md#no-such-heading', /^README\.md:3 leads to #no-such-heading, which is no heading of CHANGELOG\.md$/],
    ['#no-such-heading', /is no heading of README\.md$/],
  ])('to %s lead nowhere', (target, problem) => {
    expect(problemOf({ place: 'README.md:3', target })).toMatch(problem);
  });

  it.each(['CHANGELOG.md#unreleased', 'dashboards/rules/', 'LICENSE'])('to %s lead somewhere', (target) => {
    expect(problemOf({ place: 'README.md:3', target })).toBeNull();
  });
});

describe('The anchors of a document', () => {
  it('are those that GitHub makes', () => {
    const text =
      '# The `once` command\n## A & B, C/D\n## `tmux_server_*`\n## Again\n## Again\n```sh\n# a comment\n```\n';
    expect(anchorsOf(text)).toEqual(['the-once-command', 'a--b-cd', 'tmux_server_', 'again', 'again-1']);
  });
});
