import { isLoopbackAddress } from '../core/loopback.ts';
import { networkOf } from '../core/network.ts';
import type { DropReason } from './feed-observer.ts';
import type { FeedOptions } from './options.ts';

/** Whether a client may open a stream; `leave` frees its place. */
export type Entry =
  | { readonly kind: 'admitted'; readonly leave: () => void }
  | { readonly kind: 'refused'; readonly reason: Extract<DropReason, 'max_clients' | 'max_clients_per_address'> };

/** A client of the feed. */
export interface FeedClient {
  /** Empty for a client of a Unix socket. */
  readonly address: string;
  /** An opaque id of its token or user, or else of the user of this machine who runs it; null if none is known. */
  readonly holder: string | null;
}

/** The places on top of `maxClients`, as a part of it: one kind of clients can never take them all. */
const RESERVE = 1 / 8;

/** Counts the streams: in all, by address, and by kind of client. A kind is all clients of one holder, or all that are not known, on this machine or elsewhere. */
export class Admission {
  /** Read for each request, since limits can change. */
  readonly #limits: () => Pick<FeedOptions, 'maxClients' | 'maxClientsPerAddress'>;
  readonly #byAddress = new Tally();
  readonly #byKind = new Tally();
  #clients = 0;

  constructor(limits: () => Pick<FeedOptions, 'maxClients' | 'maxClientsPerAddress'>) {
    this.#limits = limits;
  }

  enter({ address, holder }: FeedClient): Entry {
    const key = networkOf(address);
    const isLocal = key === '' || isLoopbackAddress(key);
    const kind = holder ?? (isLocal ? 'local' : 'remote');
    const { maxClients, maxClientsPerAddress } = this.#limits();
    const places = maxClients + Math.ceil(maxClients * RESERVE);
    if (this.#clients >= places || this.#byKind.of(kind) >= maxClients)
      return { kind: 'refused', reason: 'max_clients' };
    if (!isLocal && this.#byAddress.of(key) >= maxClientsPerAddress)
      return { kind: 'refused', reason: 'max_clients_per_address' };
    this.#count(key, kind, 1);
    return { kind: 'admitted', leave: () => this.#count(key, kind, -1) };
  }

  #count(key: string, kind: string, change: 1 | -1): void {
    this.#clients += change;
    this.#byAddress.add(key, change);
    this.#byKind.add(kind, change);
  }
}

/** Numbers by key; it keeps none that is zero. */
class Tally {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, change: number): void {
    const count = this.of(key) + change;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
