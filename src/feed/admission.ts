import { isLoopbackAddress } from '../core/loopback.ts';
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
  /** Its token or user, in a form that gives neither away; null for a client without a login. */
  readonly login: string | null;
}

/** The places on top of `maxClients`, as a part of it: one kind of clients can never take them all. */
const RESERVE = 1 / 8;

/** Counts the streams: in all, by address, and by kind of client. A kind is a login, or all clients without one on this machine or elsewhere. */
export class Admission {
  /** Read for each request, since limits can change. */
  readonly #limits: () => Pick<FeedOptions, 'maxClients' | 'maxClientsPerAddress'>;
  readonly #byAddress = new Tally();
  readonly #byKind = new Tally();
  #clients = 0;

  constructor(limits: () => Pick<FeedOptions, 'maxClients' | 'maxClientsPerAddress'>) {
    this.#limits = limits;
  }

  enter({ address, login }: FeedClient): Entry {
    const key = addressKey(address);
    const isLocal = key === '' || isLoopbackAddress(key);
    const kind = login === null ? `without a login, ${isLocal ? 'local' : 'remote'}` : `login ${login}`;
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

/** What an address counts as: an IPv4 address as itself, also if it comes mapped into IPv6; an IPv6 address as its /64, which is one household's. */
export function addressKey(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!plain.includes(':') || isLoopbackAddress(plain)) return plain;
  const [head = '', tail] = (plain.split('%')[0] ?? '').split('::');
  const left = groupsOf(head);
  const zeros = tail === undefined ? 0 : 8 - left.length - groupsOf(tail).length;
  return [...left, ...Array<string>(Math.max(0, zeros)).fill('0')].slice(0, 4).join(':');
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':');
}
