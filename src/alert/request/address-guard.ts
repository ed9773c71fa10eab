import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { hostOf, isLiteral, isMetadataName, isRefusedAddress } from './target-address.ts';

/** An IP address of a host. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Finds the addresses of a host name. Rejects with an error that has a `code`, such as ENOTFOUND. */
export type Resolve = (host: string) => Promise<readonly ResolvedAddress[]>;

/** Resolves names as other programs on the machine do, with `/etc/hosts`. */
export const systemResolve: Resolve = (host) => lookup(host, { all: true });

/** Addresses that a connection may go to. */
export interface Cleared {
  readonly kind: 'cleared';
  /** Returns these addresses for every name. */
  readonly lookup: LookupFunction;
}

/** Whether a connection may be made. */
export type Clearance = Cleared | { readonly kind: 'refused'; readonly problem: string };

const REFUSAL = 'its address is link-local, a metadata service, multicast or none at all: nothing is sent there';

/** Why nothing is sent to a URL, judged by its text alone, because a proxy resolves the name; null if it is allowed. */
export function refusalByUrl(url: URL): string | null {
  const host = hostOf(url);
  return isLiteral(host) ? addressRefusal([host]) : nameRefusal(host);
}

/**
 * Resolves the host of a URL once, and refuses it if nothing may be sent to one of its addresses. The connection is then made by
 * the given lookup, to the very addresses that were checked: a name that changes its answer gains nothing.
 */
export async function clear(url: URL, resolve: Resolve): Promise<Clearance> {
  const host = hostOf(url);
  const addresses = isLiteral(host) ? [{ address: host, family: host.includes(':') ? 6 : 4 }] : await resolve(host);
  if (addresses.length === 0) return { kind: 'refused', problem: 'the name of its host has no address' };
  const refusal = addressRefusal(addresses.map(({ address }) => address));
  return refusal === null ? { kind: 'cleared', lookup: lookupIn(addresses) } : { kind: 'refused', problem: refusal };
}

function addressRefusal(addresses: readonly string[]): string | null {
  return addresses.some(isRefusedAddress) ? REFUSAL : null;
}

function nameRefusal(host: string): string | null {
  return isMetadataName(host) ? 'its host is a metadata service: nothing is sent there' : null;
}

function lookupIn(addresses: readonly ResolvedAddress[]): LookupFunction {
  const [first] = addresses;
  return (_host, { all }, done) => {
    if (all) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };
}
