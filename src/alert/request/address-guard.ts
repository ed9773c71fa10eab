import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { hostOf, isLiteral, isRefusedAddress } from './address.ts';

/** An IP address of a host. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds the addresses of a host name. Rejects with an error that has a `code`, such as ENOTFOUND. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

/** Resolves as every other program on the machine does, `/etc/hosts` included. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true });

/** What may be connected to, or that nothing may. */
export type Clearance =
  | { readonly kind: 'cleared'; readonly lookup: LookupFunction }
  | { readonly kind: 'refused'; readonly problem: string };

/**
 * Looks up the host of a URL once and refuses it if any of its addresses is one that nothing may be sent to. The connection is
 * then made by the given lookup, to the very addresses that were looked at: a name that changes its answer gains nothing.
 */
export async function clear(url: URL, resolve: Resolve): Promise<Clearance> {
  const host = hostOf(url);
  const addresses = isLiteral(host) ? [{ address: host, family: host.includes(':') ? 6 : 4 }] : await resolve(host);
  if (addresses.length === 0) return { kind: 'refused', problem: 'the name of its host has no address' };
  if (addresses.some(({ address }) => isRefusedAddress(address))) {
    const problem = 'its address is link-local, a metadata service, multicast or none at all: nothing is sent there';
    return { kind: 'refused', problem };
  }
  return { kind: 'cleared', lookup: lookupIn(addresses) };
}

function lookupIn(addresses: readonly ResolvedAddress[]): LookupFunction {
  const [first] = addresses;
  return (_host, { all }, done) => {
    if (all) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };
}
