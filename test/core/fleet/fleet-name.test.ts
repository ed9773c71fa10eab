import { describe, expect, it } from '@jest/globals';
import { fleetNameOf, isFleetName } from '../../../src/core/fleet/fleet-name.ts';

describe('The name of an exporter in a fleet', () => {
  it.each([
    ['build7', 'build7'],
    ['build7.example.org', 'build7_example_org'],
    ['a b*c>d', 'a_b_c_d'],
    ['x'.repeat(70), 'x'.repeat(64)],
    ['', '_'],
  ])('of the host %j is %j', (hostname, name) => {
    expect(fleetNameOf(null, hostname)).toBe(name);
    expect(isFleetName(name)).toBe(true);
  });

  it('is the one that its configuration gives it, if that gives one', () => {
    expect(fleetNameOf('build7-anna', 'build7')).toBe('build7-anna');
  });

  it.each(['', 'a.b', 'a b', '*', '>', 'x'.repeat(65)])('cannot be %j', (text) => {
    expect(isFleetName(text)).toBe(false);
  });
});
