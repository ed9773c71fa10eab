import { describe, expect, it } from '@jest/globals';
import { alternativeNames, type ClientCertificates, isWelcome } from '../../../src/http/access/client-certificate.ts';

describe('The alternative names of a certificate', () => {
  it.each([
    ['DNS:one, email:me@example.org, URI:spiffe://a/b', ['one', 'me@example.org', 'spiffe://a/b']],
    ['IP Address:127.0.0.1, DNS:two', ['two']],
    ['DNS:"a, DNS:admin", DNS:b', ['a, DNS:admin', 'b']],
    ['', []],
  ])('of %j are %j', (text, names) => {
    expect(alternativeNames(text)).toEqual(names);
  });
});

describe('A client', () => {
  const shown = (authorized: boolean, subjectAltName?: string) => {
    const certificate = { subjectAltName, checkIP: (ip: string) => (ip === '192.0.2.1' ? ip : undefined) };
    return { authorized, getPeerX509Certificate: () => certificate } as unknown as Parameters<typeof isWelcome>[0];
  };
  const bare = { authorized: false, getPeerX509Certificate: () => undefined };
  const kinds: ClientCertificates['kind'][] = ['none', 'asked', 'any', 'verified_if_given', 'verified'];
  const welcomed = (client: Parameters<typeof isWelcome>[0], names: readonly string[] | null = null) =>
    kinds.filter((kind) => isWelcome(client, { kind, names }));

  it('without a certificate may stay if none is required', () => {
    expect(welcomed(bare)).toEqual(['none', 'asked', 'verified_if_given']);
  });

  it('with one of an unknown authority may stay if it is not verified', () => {
    expect(welcomed(shown(false))).toEqual(['none', 'asked', 'any']);
  });

  it('with one of a known authority may stay', () => {
    expect(welcomed(shown(true))).toEqual(kinds);
  });

  it('needs one of the names that are allowed', () => {
    expect(welcomed(shown(true, 'DNS:one'), ['two', 'one'])).toEqual(kinds);
    expect(welcomed(shown(true, 'DNS:"a, DNS:one"'), ['one'])).toEqual(['none']);
    expect(welcomed(shown(true, 'IP Address:192.0.2.1'), ['192.0.2.1'])).toEqual(kinds);
    expect(welcomed(shown(true, 'DNS:one'), [])).toEqual(['none']);
  });
});
