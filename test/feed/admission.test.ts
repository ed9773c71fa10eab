import { describe, expect, it } from '@jest/globals';
import { Admission, type FeedClient } from '../../src/feed/admission.ts';

const REFUSED = { kind: 'refused', reason: 'max_clients' };

function from(address: string, holder: string | null = null): FeedClient {
  return { address, holder };
}

describe('admission', () => {
  it('refuses anybody once all places and the reserve are taken', () => {
    const admission = new Admission(() => ({ maxClients: 8, maxClientsPerAddress: 32 }));
    for (let place = 0; place < 8; place++) admission.enter(from('127.0.0.1'));
    expect(admission.enter(from('10.0.0.1')).kind).toBe('admitted');
    expect(admission.enter(from('10.0.0.1', 'me'))).toEqual(REFUSED);
  });

  it.each([
    ['of this machine of whom nothing is known', from('127.0.0.1'), from('::1')],
    ['of other machines of whom nothing is known', from('10.0.0.1'), from('10.0.0.2')],
    ['of one holder', from('127.0.0.1', 'me'), from('10.0.0.1', 'me')],
    ['of a Unix socket and of loopback', from(''), from('127.0.0.1')],
  ])('keeps a reserve from clients %s', (_kind, one, other) => {
    const admission = new Admission(() => ({ maxClients: 8, maxClientsPerAddress: 32 }));
    for (let place = 0; place < 8; place++) expect(admission.enter(one).kind).toBe('admitted');
    expect(admission.enter(other)).toEqual(REFUSED);
    expect(admission.enter(from('127.0.0.1', 'somebody else')).kind).toBe('admitted');
  });

  it('gives a Unix socket more than the share of an address', () => {
    const admission = new Admission(() => ({ maxClients: 10, maxClientsPerAddress: 1 }));
    expect([admission.enter(from('')).kind, admission.enter(from('')).kind]).toEqual(['admitted', 'admitted']);
  });

  it('refuses an address that has its share, and no other', () => {
    const admission = new Admission(() => ({ maxClients: 10, maxClientsPerAddress: 1 }));
    admission.enter(from('10.0.0.1'));
    expect(admission.enter(from('::ffff:10.0.0.1'))).toEqual({ kind: 'refused', reason: 'max_clients_per_address' });
    expect(admission.enter(from('10.0.0.2')).kind).toBe('admitted');
  });

  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('gives %s more than one share', (address) => {
    const admission = new Admission(() => ({ maxClients: 10, maxClientsPerAddress: 1 }));
    expect([admission.enter(from(address)).kind, admission.enter(from(address)).kind]).toEqual([
      'admitted',
      'admitted',
    ]);
  });

  it('gives a place to the next one when somebody leaves', () => {
    const admission = new Admission(() => ({ maxClients: 1, maxClientsPerAddress: 1 }));
    const entry = admission.enter(from('10.0.0.1'));
    if (entry.kind === 'admitted') entry.leave();
    expect(admission.enter(from('10.0.0.1')).kind).toBe('admitted');
  });
});
