import { isIPv6 } from 'node:net';

/** The most failed logins of a client, and how long each counts, in milliseconds. */
const MOST_FAILURES = 10;
const WINDOW_MS = 60_000;

/** The most clients that are remembered. */
const MOST_ADDRESSES = 1_000;

interface Failures {
  count: number;
  /** Until when they count. */
  readonly endsAt: number;
}

/** Counts failed logins per client, which is an address or another word; with IPv6 per network of 64 bits, because one client can have all its addresses. */
export class LoginLimit {
  readonly #nowMs: () => number;
  /** The oldest first. */
  readonly #failures = new Map<string, Failures>();

  /** `nowMs` is a clock that never steps. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How long an address must wait before its next try, in milliseconds; 0 if it need not. */
  waitMs(address: string): number {
    const failures = this.#failures.get(networkOf(address));
    if (!failures || failures.count < MOST_FAILURES) return 0;
    return Math.max(0, failures.endsAt - this.#nowMs());
  }

  failed(address: string): void {
    const network = networkOf(address);
    const now = this.#nowMs();
    const failures = this.#failures.get(network);
    if (failures && failures.endsAt > now) {
      failures.count++;
      return;
    }
    this.#failures.delete(network);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MOST_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(network, { count: 1, endsAt: now + WINDOW_MS });
  }
}

/** `::ffff:192.0.2.1` is an address of IPv4. */
function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : 8 - groups.length - rest.length;
  return [...groups, ...Array<string>(missing).fill('0'), ...rest].slice(0, 4).join(':');
}
