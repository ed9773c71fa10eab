import { describe, expect, it } from '@jest/globals';
import { Doorkeeper, type Visitor } from '../../../src/http/access/doorkeeper.ts';
import { OPEN_POLICY } from '../../../src/http/access/policy.ts';

const TOKEN = 'a-token-of-16-characters';

/** A doorkeeper that knows one token. The port of a client is the id of its user; 0 if that is unknown. */
function doorkeeper(): Doorkeeper {
  return new Doorkeeper({
    policy: async () => OPEN_POLICY,
    guardsReads: () => true,
    readTokens: async () => [{ text: TOKEN, scopes: ['read'] }],
    userOf: async ({ port }) => port || null,
    nowMs: () => 0,
    onRefused: () => {},
  });
}

function visitor(token: string, address: string, port = 0): Visitor {
  const ends = { address, port, ownAddress: '127.0.0.1', ownPort: 8689 };
  return { authorization: `Bearer ${token}`, ends, couldConnect: () => true };
}

async function failTenTimes(keeper: Doorkeeper, from: (index: number) => Visitor): Promise<void> {
  for (let index = 0; index < 10; index++) await keeper.admit(from(index), 'read');
}

describe('A doorkeeper', () => {
  it('lets the failed logins of a user of the machine block nobody else, whatever loopback address they come from', async () => {
    const keeper = doorkeeper();
    await failTenTimes(keeper, (index) => visitor(`wrong-${index}`, `127.0.0.${index + 1}`, 1_001));
    expect(await keeper.admit(visitor('wrong', '127.9.9.9', 1_001), 'read')).toMatchObject({ kind: 'limited' });
    expect(await keeper.admit(visitor('wrong', '::1', 1_001), 'read')).toMatchObject({ kind: 'limited' });
    expect(await keeper.admit(visitor(TOKEN, '127.0.0.1', 1_002), 'read')).toMatchObject({ kind: 'admitted' });
  });

  it('counts users of the machine that are not known as one', async () => {
    const keeper = doorkeeper();
    await failTenTimes(keeper, (index) => visitor(`wrong-${index}`, `127.0.0.${index + 1}`));
    expect(await keeper.admit(visitor('wrong', '::ffff:127.1.2.3'), 'read')).toMatchObject({ kind: 'limited' });
    expect(await keeper.admit(visitor('wrong', '127.0.0.1', 1_002), 'read')).toEqual({ kind: 'unknown' });
  });

  it('counts clients of other machines by their addresses', async () => {
    const keeper = doorkeeper();
    await failTenTimes(keeper, (index) => visitor(`wrong-${index}`, '192.0.2.1', index));
    expect(await keeper.admit(visitor(TOKEN, '192.0.2.1'), 'read')).toMatchObject({ kind: 'limited' });
    expect(await keeper.admit(visitor(TOKEN, '192.0.2.2'), 'read')).toMatchObject({ kind: 'admitted' });
  });

  it.each(['2001:db8:1:2::9', '2001:db8:1:2:ffff::'])('counts %s as a client of its IPv6 network', async (address) => {
    const keeper = doorkeeper();
    await failTenTimes(keeper, (index) => visitor(`wrong-${index}`, `2001:db8:1:2::${index + 1}`));
    expect(await keeper.admit(visitor(TOKEN, address), 'read')).toMatchObject({ kind: 'limited' });
    expect(await keeper.admit(visitor(TOKEN, '2001:db8:1:3::1'), 'read')).toMatchObject({ kind: 'admitted' });
  });

  it('knows the users of its own machine', async () => {
    const userAt = (address: string, port: number) => doorkeeper().userAt(visitor(TOKEN, address, port).ends);
    expect(await userAt('127.0.0.5', 1_001)).toBe('uid 1001');
    expect(await userAt('::1', 0)).toBeNull();
    expect(await userAt('192.0.2.1', 1_001)).toBeNull();
    expect(await doorkeeper().userAt(null)).toBeNull();
  });

  it('admits a token that was right before, while its user is blocked', async () => {
    const keeper = doorkeeper();
    await keeper.admit(visitor(TOKEN, '127.0.0.1', 1_001), 'read');
    await failTenTimes(keeper, (index) => visitor(`wrong-${index}`, '127.0.0.1', 1_001));
    expect(await keeper.admit(visitor(TOKEN, '127.0.0.1', 1_001), 'read')).toMatchObject({ kind: 'admitted' });
  });
});
