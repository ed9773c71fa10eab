import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { matchesPath } from '../../../src/proc/systemd/path-glob.ts';

describe('matchesPath', () => {
  it.each([
    ['/tmp/tmux-1000', '/tmp/tmux-1000'],
    ['/tmp/tmux-*', '/tmp/tmux-1000'],
    ['/tmp/tmux-????', '/tmp/tmux-1000'],
    ['/tmp/tmux-[0-9]*', '/tmp/tmux-1000'],
    ['/tmp/[!a-s]mux', '/tmp/tmux'],
    ['/tmp/[^a]mux', '/tmp/tmux'],
    ['/tmp/[]t]mux', '/tmp/tmux'],
    ['/tmp/.X*', '/tmp/.X11-unix'],
    ['/tmp/a\\*b', '/tmp/a*b'],
    ['/tmp/a+b(c)|d', '/tmp/a+b(c)|d'],
    ['/*/*', '/tmp/x'],
  ])('%s matches %s', (glob, path) => {
    expect(matchesPath(glob, path)).toBe(true);
  });

  it.each([
    ['/tmp/*', '/tmp/tmux-1000/default'],
    ['/tmp*', '/tmp/x'],
    ['/tmp/*', '/tmp/.X11-unix'],
    ['/tmp/?X', '/tmp/.X'],
    ['/tmp/[.]X', '/tmp/.X'],
    ['/tmp/tmux-????', '/tmp/tmux-10000'],
    ['/tmp/[a-s]mux', '/tmp/tmux'],
    ['/tmp/[z-a]', '/tmp/b'],
    ['/tmp/a\\*b', '/tmp/axb'],
    ['/tmp/a.b', '/tmp/axb'],
    ['/tmp', '/tmp/'],
  ])('%s does not match %s', (glob, path) => {
    expect(matchesPath(glob, path)).toBe(false);
  });

  it('matches a path without wildcards with itself alone, and takes any glob', () => {
    const plain = fc.string({ unit: fc.constantFrom('a', 'b', '/', '.', '-', ' ', '(', '+') });
    fc.assert(fc.property(plain, plain, (glob, path) => matchesPath(glob, path) === (glob === path)));
    fc.assert(fc.property(fc.string(), fc.string(), (glob, path) => typeof matchesPath(glob, path) === 'boolean'));
  });
});
