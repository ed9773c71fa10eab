import { describe, expect, it } from '@jest/globals';
import type { Target } from '../../../src/core/model/server.ts';
import { isStronger, refuseBeside, refuseTarget } from '../../../src/core/record/registration.ts';

const TARGET: Target = { name: 'work', socket: '/tmp/tmux-0/work', registration: 'api' };

describe('isStronger', () => {
  it.each([
    ['static', 'api', true],
    ['static', 'discovered', true],
    ['api', 'discovered', true],
    ['api', 'static', false],
    ['discovered', 'api', false],
    ['api', 'api', false],
  ] as const)('%s than %s: %s', (a, b, stronger) => {
    expect(isStronger(a, b)).toBe(stronger);
  });
});

describe('refuseTarget', () => {
  it('accepts a valid name', () => {
    expect(refuseTarget(TARGET)).toBeNull();
  });

  it('says what is wrong with a name, and what a name is', () => {
    expect(refuseTarget({ ...TARGET, name: 'my server' })).toEqual({
      kind: 'refused',
      code: 'invalid_name',
      message: '"my server" is not a server name: expected 1 to 64 of A-Z a-z 0-9 _ . @ + -, optionally after "user/"',
    });
  });
});

describe('refuseBeside', () => {
  it('lets a stronger registration take the place of a weaker one', () => {
    expect(refuseBeside(TARGET, { ...TARGET, registration: 'discovered' }, true)).toBeNull();
  });

  it('lets only the configuration take the name of another server', () => {
    const other = { ...TARGET, socket: '/srv/work', registration: 'discovered' as const };

    expect(refuseBeside(TARGET, other, false)).toMatchObject({ code: 'name_taken' });
    expect(refuseBeside({ ...TARGET, registration: 'static' }, other, false)).toBeNull();
  });

  it('says under which name a socket is registered already', () => {
    expect(refuseBeside(TARGET, { ...TARGET, name: 'other' }, true)).toMatchObject({
      code: 'socket_taken',
      message: '/tmp/tmux-0/work is already registered as "other"',
    });
  });

  it('says which server another path leads to', () => {
    const alias = { ...TARGET, name: 'other', socket: '/tmp/tmux-0/link' };
    expect(refuseBeside(alias, TARGET, true)).toMatchObject({
      code: 'socket_taken',
      message: '/tmp/tmux-0/link leads to /tmp/tmux-0/work, which is already registered as "work"',
    });
  });

  it('says which socket has the name already', () => {
    expect(refuseBeside(TARGET, { ...TARGET, socket: '/srv/work', registration: 'static' }, false)).toMatchObject({
      code: 'name_taken',
      message: '"work" is already the name of /srv/work: choose another name for /tmp/tmux-0/work',
    });
  });
});
