import { describe, expect, it } from '@jest/globals';
import { isOwnAlert } from '../../../src/core/alert/own-alert.ts';

const OWN = { hostname: 'myhost', fleetName: 'desk-1', addresses: ['10.0.0.7', 'fd00::7'] };

describe('an alert is about this exporter', () => {
  it.each([
    [{ instance: 'myhost:8689' }],
    [{ instance: 'myhost' }],
    [{ instance: 'MyHost.example.org:8689' }],
    [{ instance: '10.0.0.7:8689' }],
    [{ instance: '[fd00::7]:8689' }],
    [{ host: 'myhost' }],
    [{ host: 'desk-1', instance: 'desk-1' }],
    [{ host: 'desk-1', instance: 'hub:8690' }],
  ])('by the labels %j, wherever it comes from', (labels) => {
    expect(isOwnAlert(labels, OWN, false)).toBe(true);
  });

  it.each(['localhost:8689', 'localhost', '127.0.0.1:8689', '[::1]:8689', '::1'])(
    'by the instance %s only if it comes from this machine',
    (instance) => {
      const labels = { instance };
      expect([true, false].map((isFromHere) => isOwnAlert(labels, OWN, isFromHere))).toEqual([true, false]);
    },
  );

  it('by a part of its full host name', () => {
    const own = { ...OWN, hostname: 'myhost.example.org' };
    expect(['myhost:8689', 'my:8689'].map((instance) => isOwnAlert({ instance }, own, true))).toEqual([true, false]);
  });

  it('by no other machine that is named localhost', () => {
    expect(isOwnAlert({ instance: 'localhost:8689' }, { ...OWN, hostname: 'localhost' }, false)).toBe(false);
  });

  it.each([
    [{}],
    [{ server: 'work' }],
    [{ instance: 'build7:8689' }],
    [{ instance: 'myhost2:8689' }],
    [{ instance: '10.0.0.70:8689' }],
    [{ instance: '' }],
    [{ host: 'build7', instance: 'localhost:8689' }],
  ])('not by the labels %j', (labels) => {
    expect(isOwnAlert(labels, OWN, true)).toBe(false);
  });
});
