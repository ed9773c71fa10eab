import { beforeEach, describe, expect, it } from '@jest/globals';
import { Admission, type Entry, type FeedClient } from '../../src/feed/admission.ts';

const REFUSED = { kind: 'refused', reason: 'max_clients' };

function from(address: string, holder: string | null = null): FeedClient {
  return { address, holder };
}

function enter(admission: Admission, client: FeedClient, cut = () => {}): Entry {
  return admission.enter(client, cut);
}

describe('admission', () => {
  it('refuses anybody if others have one place each', () => {
    const admission = new Admission(() => ({ maxClients: 1, maxClientsPerAddress: 32 }));
    expect(enter(admission, from('127.0.0.1')).kind).toBe('admitted');
    expect(enter(admission, from('10.0.0.1')).kind).toBe('admitted');
    expect(enter(admission, from('10.0.0.1', 'me'))).toEqual(REFUSED);
  });

  it.each([
    ['of this machine of whom nothing is known', from('127.0.0.1'), from('::1')],
    ['of other machines of whom nothing is known', from('10.0.0.1'), from('10.0.0.2')],
    ['of one holder', from('127.0.0.1', 'me'), from('10.0.0.1', 'me')],
    ['of a Unix socket and of loopback', from(''), from('127.0.0.1')],
  ])('keeps a reserve from clients %s', (_kind, one, other) => {
    const admission = new Admission(() => ({ maxClients: 8, maxClientsPerAddress: 32 }));
    for (let place = 0; place < 8; place++) expect(enter(admission, one).kind).toBe('admitted');
    expect(enter(admission, other)).toEqual(REFUSED);
    expect(enter(admission, from('127.0.0.1', 'somebody else')).kind).toBe('admitted');
  });

  it('gives a Unix socket more than the share of an address', () => {
    const admission = new Admission(() => ({ maxClients: 10, maxClientsPerAddress: 1 }));
    expect([enter(admission, from('')).kind, enter(admission, from('')).kind]).toEqual(['admitted', 'admitted']);
  });

  it('refuses an address that has its share, and no other', () => {
    const admission = new Admission(() => ({ maxClients: 10, maxClientsPerAddress: 1 }));
    enter(admission, from('10.0.0.1'));
    expect(enter(admission, from('::ffff:10.0.0.1'))).toEqual({ kind: 'refused', reason: 'max_clients_per_address' });
    expect(enter(admission, from('10.0.0.2')).kind).toBe('admitted');
  });

  it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('gives %s more than one share', (address) => {
    const admission = new Admission(() => ({ maxClients: 10, maxClientsPerAddress: 1 }));
    expect([enter(admission, from(address)).kind, enter(admission, from(address)).kind]).toEqual([
      'admitted',
      'admitted',
    ]);
  });

  it('gives a place to the next one when somebody leaves', () => {
    const admission = new Admission(() => ({ maxClients: 1, maxClientsPerAddress: 1 }));
    const entry = enter(admission, from('10.0.0.1'));
    if (entry.kind === 'admitted') entry.leave();
    expect(enter(admission, from('10.0.0.1')).kind).toBe('admitted');
  });

  describe('if all places are taken', () => {
    const ends: string[] = [];
    let admission: Admission;

    beforeEach(() => {
      ends.length = 0;
      admission = new Admission(() => ({ maxClients: 8, maxClientsPerAddress: 32 }));
      take('a', 6);
      take('b', 3);
    });

    function take(holder: string, count: number): Entry[] {
      return Array.from({ length: count }, (_, index) =>
        enter(admission, from('127.0.0.1', holder), () => ends.push(`${holder}${index + 1}`)),
      );
    }

    it('gives those of who has the most to others, the newest first, until they have as many', () => {
      expect(take('c', 4).map(({ kind }) => kind)).toEqual(['admitted', 'admitted', 'admitted', 'refused']);
      expect(ends).toEqual(['a6', 'a5', 'a4']);
    });

    it('refuses who has the most', () => {
      expect(take('a', 1)).toEqual([REFUSED]);
      expect(ends).toEqual([]);
    });

    it('counts a stream that was cut only once when it leaves', () => {
      const [entry] = take('b', 1);
      take('c', 1);
      if (entry?.kind === 'admitted') entry.leave();
      expect(ends).toEqual(['a6', 'a5']);
      expect(take('a', 2).map(({ kind }) => kind)).toEqual(['admitted', 'refused']);
    });
  });
});
