import { describe, expect, it } from '@jest/globals';
import { type KeptMachine, ownershipOf } from '../../../src/core/model/machine.ts';

const PRESENT = { host: 'box', machineId: 'id', bootId: 'boot' };

describe('What a machine kept', () => {
  it.each<[string, Partial<KeptMachine>]>([
    ['in this boot', {}],
    ['before a reboot', { bootId: 'an earlier boot' }],
    ['under another host name in this boot', { host: 'former' }],
    ['with another domain before a reboot', { host: 'box.example.org', bootId: 'an earlier boot' }],
    ['without a machine id, before a reboot', { machineId: null, bootId: 'an earlier boot' }],
    ['without a machine id, in a container that was made anew', { machineId: null, host: '0a1b2c3d' }],
    ['on a platform without a boot id', { bootId: null }],
  ])('is its own: %s', (_, kept) => expect(ownershipOf({ ...PRESENT, ...kept }, PRESENT)).toBe('own'));

  it.each<[string, Partial<KeptMachine>]>([
    ['of the same name', { bootId: 'theirs' }],
    ['with another name', { host: 'other', bootId: 'theirs' }],
    ['on the same kernel', { host: 'other' }],
  ])('is of another one if that has another machine id: %s', (_, kept) => {
    expect(ownershipOf({ ...PRESENT, ...kept, machineId: 'theirs' }, PRESENT)).toBe('other');
  });

  it.each<[string, Partial<KeptMachine>]>([
    ['a clone of it, or it itself under a former name', { host: 'other', bootId: 'theirs' }],
    ['one without a machine id', { host: 'other', bootId: 'theirs', machineId: null }],
    ['one of which nothing is known', { host: null, bootId: null, machineId: null }],
  ])('may be of %s', (_, kept) => expect(ownershipOf({ ...PRESENT, ...kept }, PRESENT)).toBe('unknown'));
});
