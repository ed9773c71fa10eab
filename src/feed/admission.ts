import { isLoopbackAddress } from '../core/loopback.ts';
import type { DropReason } from './feed-observer.ts';
import type { FeedOptions } from './options.ts';

/** Whether a client may open a stream; `leave` frees its place. */
export type Entry =
  | { readonly kind: 'admitted'; readonly leave: () => void }
  | { readonly kind: 'refused'; readonly reason: Extract<DropReason, 'max_clients' | 'max_clients_per_address'> };

/** Counts the open streams, in total and per address, and enforces the limits. */
export class Admission {
  /** Read for each request, since limits can change. */
  readonly #limits: () => Pick<FeedOptions, 'maxClients' | 'maxClientsPerAddress'>;
  readonly #byAddress = new Map<string, number>();
  #clients = 0;

  constructor(limits: () => Pick<FeedOptions, 'maxClients' | 'maxClientsPerAddress'>) {
    this.#limits = limits;
  }

  enter(remoteAddress: string): Entry {
    const key = addressKey(remoteAddress);
    const { maxClients, maxClientsPerAddress } = this.#limits();
    const ofAddress = this.#byAddress.get(key) ?? 0;
    if (this.#clients >= maxClients) return { kind: 'refused', reason: 'max_clients' };
    if (ofAddress >= maxClientsPerAddress && !isLoopbackAddress(key))
      return { kind: 'refused', reason: 'max_clients_per_address' };
    this.#clients++;
    this.#byAddress.set(key, ofAddress + 1);
    return { kind: 'admitted', leave: () => this.#leave(key) };
  }

  #leave(key: string): void {
    const left = (this.#byAddress.get(key) ?? 0) - 1;
    this.#clients--;
    if (left > 0) this.#byAddress.set(key, left);
    else this.#byAddress.delete(key);
  }
}

/** The key under which an address is counted: an IPv4 address itself, even if it is mapped into IPv6; for IPv6 the /64, which is one household's. */
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
