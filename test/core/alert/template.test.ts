import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fillTemplate, templateProblems } from '../../../src/core/alert/template.ts';
import { hostileText } from '../../support/sample/arbitrary.ts';

const DATA = { title: 'a "title"', count: 3, event: { server: { name: 'work' }, lost: null }, notices: [1, 2] };
const AS_IT_IS = (text: string) => text;

describe('a template', () => {
  it.each([
    ['{{title}}', 'a "title"'],
    ['{{ title }}!', 'a "title"!'],
    ['{{count}}', 3],
    ['{{count}} dead', '3 dead'],
    ['{{event.server.name}} and {{event.server.name}}', 'work and work'],
    ['{{event.server}}', { name: 'work' }],
    ['{{event.server}}.', '{"name":"work"}.'],
    ['{{notices.1}}', 2],
    ['{{event.lost.sessions}}', null],
    ['[{{event.lost.sessions}}]', '[]'],
    ['{{event.constructor}}', null],
    ['{title}', '{title}'],
  ])('of %j becomes %j', (template, filled) => {
    expect(fillTemplate(template, DATA, AS_IT_IS)).toEqual(filled);
  });

  it('keeps its form, whatever it is filled with', () => {
    const tree = { list: ['{{title}}', { deep: 'x{{title}}' }], number: 1, '{{title}}': null };
    fc.assert(
      fc.property(hostileText, (title) => {
        const filled = JSON.parse(JSON.stringify(fillTemplate(tree, { title }, AS_IT_IS)));
        expect(filled).toEqual({ list: [title, { deep: `x${title}` }], number: 1, '{{title}}': null });
      }),
    );
  });

  it.each([
    ['{{title}}', 'A "TITLE"'],
    ['x{{title}}', 'xA "TITLE"'],
    ['{{{title}}}', 'a "title"'],
    ['x{{{ title }}}{{title}}', 'xa "title"A "TITLE"'],
    ['{{event.server}}', { name: 'WORK' }],
    ['{{{event.server}}}', { name: 'work' }],
    ['s: {{event.server}}', 's: {"name":"WORK"}'],
    ['{{count}}', 3],
    ['{"n":{{count}}}', '{"n":3}'],
  ])('escapes what fills %j, unless there are three braces', (template, filled) => {
    expect(fillTemplate(template, DATA, (text) => text.toUpperCase())).toEqual(filled);
  });

  it('is not filled in twice', () => {
    expect(fillTemplate('{{title}} {{title}}', { title: '{{count}}', count: 3 }, AS_IT_IS)).toBe('{{count}} {{count}}');
  });

  it.each([
    [{ a: ['{{titel}}'] }, ['{{titel}} names no field: expected one of v, id, type']],
    [
      '{{}} {{a b}}',
      [
        '{{}} is not a path: expected one such as {{event.server.name}}',
        '{{a b}} is not a path: expected one such as {{event.server.name}}',
      ],
    ],
    ['{{{titel}}}', ['{{{titel}}} names no field']],
    [{ a: '{{event.anything.goes}}', b: 1, c: null }, []],
  ])('of %j has the problems %j', (template, problems) => {
    expect(templateProblems(template)).toEqual(problems.map((problem) => expect.stringContaining(problem)));
  });
});
