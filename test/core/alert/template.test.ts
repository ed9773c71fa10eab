import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fillTemplate, templateProblems } from '../../../src/core/alert/template.ts';
import { hostileText } from '../../support/sample/arbitrary.ts';

const DATA = { title: 'a "title"', count: 3, event: { server: { name: 'work' }, lost: null }, notices: [1, 2] };

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
    expect(fillTemplate(template, DATA)).toEqual(filled);
  });

  it('keeps its form, whatever it is filled with', () => {
    const tree = { list: ['{{title}}', { deep: 'x{{title}}' }], number: 1, '{{title}}': null };
    fc.assert(
      fc.property(hostileText, (title) => {
        const filled = JSON.parse(JSON.stringify(fillTemplate(tree, { title })));
        expect(filled).toEqual({ list: [title, { deep: `x${title}` }], number: 1, '{{title}}': null });
      }),
    );
  });

  it('is not filled in twice', () => {
    expect(fillTemplate('{{title}} {{title}}', { title: '{{count}}', count: 3 })).toBe('{{count}} {{count}}');
  });

  it.each([
    [{ a: ['{{titel}}'] }, ['{{titel}} names no field: expected one of v, id, type']],
    ['{{}} {{a b}}', ['{{}} is no path', '{{a b}} is no path']],
    [{ a: '{{event.anything.goes}}', b: 1, c: null }, []],
  ])('of %j has the problems %j', (template, problems) => {
    expect(templateProblems(template)).toEqual(problems.map((problem) => expect.stringContaining(problem)));
  });
});
