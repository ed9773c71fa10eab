import { describe, expect, it } from '@jest/globals';
import { Admission, addressKey } from '../../src/feed/admission.ts';

describe('admission', () => {
  it('refuses anybody once all places are taken', () => {
    const admission = new Admission(() => ({ maxClients: 2, maxClientsPerAddress: 32 }));
    admission.enter('127.0.0.1');
    admission.enter('10.0.0.1');
    expect(admission.enter('127.0.0.1')).toEqual({ kind: 'refused', reason: 'max_clients' });
  });

  it('refuses an address that has its share, and no other', () => {
    const admission = new Admission(() => ({ maxClients: 10, maxClientsPerAddress: 1 }));
    admission.enter('10.0.0.1');
    expect(admission.enter('::ffff:10.0.0.1')).toEqual({ kind: 'refused', reason: 'max_clients_per_address' });
    expect(admission.enter('10.0.0.2').kind).toBe('admitted');
  });

  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('gives %s more than one share', (address) => {
    const admission = new Admission(() => ({ maxClients: 10, maxClientsPerAddress: 1 }));
    expect([admission.enter(address).kind, admission.enter(address).kind]).toEqual(['admitted', 'admitted']);
  });

  it('gives a place to the next one when somebody leaves', () => {
    const admission = new Admission(() => ({ maxClients: 1, maxClientsPerAddress: 1 }));
    const entry = admission.enter('10.0.0.1');
    if (entry.kind === 'admitted') entry.leave();
    expect(admission.enter('10.0.0.1').kind).toBe('admitted');
  });
});

describe('the key of an address', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('of %s is %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
