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

/** A stream that has a place. */
interface Place {
  readonly kind: string;
  readonly network: string;
  /** Ends the stream at once. */
  readonly cut: () => void;
}

/**
 * Gives places to streams: in all, by address, and by kind of client. A kind is all clients of one holder, or all that are not
 * known, on this machine or elsewhere. If all places are taken, the kind that has the most loses its newest stream to one that
 * has fewer.
 */
export class Admission {
  /** Read for each request, since limits can change. */
  readonly #limits: () => Pick<FeedOptions, 'maxClients' | 'maxClientsPerAddress'>;
  readonly #byNetwork = new Groups();
  readonly #byKind = new Groups();
  #taken = 0;

  constructor(limits: () => Pick<FeedOptions, 'maxClients' | 'maxClientsPerAddress'>) {
    this.#limits = limits;
  }

  /** `cut` ends the stream at once: another one gets its place. */
  enter({ address, holder }: FeedClient, cut: () => void): Entry {
    const network = networkOf(address);
    const isLocal = network === '' || isLoopbackAddress(network);
    const kind = holder ?? (isLocal ? 'local' : 'remote');
    const { maxClients, maxClientsPerAddress } = this.#limits();
    if (this.#byKind.of(kind) >= maxClients) return { kind: 'refused', reason: 'max_clients' };
    if (!isLocal && this.#byNetwork.of(network) >= maxClientsPerAddress)
      return { kind: 'refused', reason: 'max_clients_per_address' };
    const places = maxClients + Math.ceil(maxClients * RESERVE);
    if (this.#taken >= places && !this.#makeRoom(kind)) return { kind: 'refused', reason: 'max_clients' };
    const place = { kind, network, cut };
    this.#taken++;
    this.#byNetwork.add(network, place);
    this.#byKind.add(kind, place);
    return { kind: 'admitted', leave: () => this.#leave(place) };
  }

  /** Whether a stream of another kind, which has more even without it, gave up its place. */
  #makeRoom(kind: string): boolean {
    const most = this.#byKind.largest;
    const newest = [...most].at(-1);
    if (!newest || most.size - 1 <= this.#byKind.of(kind)) return false;
    this.#leave(newest);
    newest.cut();
    return true;
  }

  #leave(place: Place): void {
    if (!this.#byKind.delete(place.kind, place)) return;
    this.#byNetwork.delete(place.network, place);
    this.#taken--;
  }
}

/** Places by key, the oldest first; it keeps no empty group. */
class Groups {
  readonly #groups = new Map<string, Set<Place>>();

  of(key: string): number {
    return this.#groups.get(key)?.size ?? 0;
  }

  get largest(): ReadonlySet<Place> {
    return [...this.#groups.values()].reduce((a, b) => (b.size > a.size ? b : a), new Set<Place>());
  }

  add(key: string, place: Place): void {
    const group = this.#groups.get(key);
    if (group) group.add(place);
    else this.#groups.set(key, new Set([place]));
  }

  /** Whether it was there. */
  delete(key: string, place: Place): boolean {
    const group = this.#groups.get(key);
    const wasThere = group?.delete(place) ?? false;
    if (group?.size === 0) this.#groups.delete(key);
    return wasThere;
  }
}
