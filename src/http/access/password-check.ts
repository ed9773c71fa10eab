import { createHmac, randomBytes } from 'node:crypto';
import type { Comparison } from './bcrypt-thread.ts';

/** A user name and a password, as they were sent. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Compares a password with a bcrypt hash. */
export type Compare = (comparison: Comparison) => Promise<boolean>;

/** How many right logins are remembered. */
const MOST_REMEMBERED = 100;

/** How many comparisons may wait: each takes a tenth of a second and more. */
const MOST_WAITING = 16;

/** Checks passwords against bcrypt hashes. A right one is compared once, then remembered by a keyed hash; the oldest are forgotten first. */
export class PasswordCheck {
  readonly #compare: Compare;
  readonly #key = randomBytes(32);
  readonly #right = new Set<string>();
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** `compare` is replaced in tests. */
  constructor(compare: Compare = compareInThread) {
    this.#compare = compare;
  }

  /** Whether this login was right before, and its user still has the same hash. */
  isKnown(login: Login, users: ReadonlyMap<string, string>): boolean {
    const hash = users.get(login.user);
    return hash !== undefined && this.#right.has(this.#digestOf(login, hash));
  }

  /** Whether a login is right; `busy` if too many wait for an answer. The answer takes the same time if there is no such user. */
  async check(login: Login, users: ReadonlyMap<string, string>): Promise<'right' | 'wrong' | 'busy'> {
    if (this.isKnown(login, users)) return 'right';
    if (this.#waiting >= MOST_WAITING) return 'busy';
    const hash = users.get(login.user);
    const isRight = await this.#inTurn({ password: login.password, hash: hash ?? nobodysHash(users) });
    if (hash === undefined || !isRight) return 'wrong';
    this.#remember(this.#digestOf(login, hash));
    return 'right';
  }

  async #inTurn(comparison: Comparison): Promise<boolean> {
    this.#waiting++;
    const turn = this.#last.then(() => this.#compare(comparison));
    this.#last = turn.catch(() => {});
    return turn.finally(() => {
      this.#waiting--;
    });
  }

  #remember(digest: string): void {
    const [oldest] = this.#right;
    if (this.#right.size >= MOST_REMEMBERED && oldest !== undefined) this.#right.delete(oldest);
    this.#right.add(digest);
  }

  #digestOf({ user, password }: Login, hash: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([user, password, hash]))
      .digest('base64');
  }
}

/** A hash without a known password, with the highest cost of all users. */
function nobodysHash(users: ReadonlyMap<string, string>): string {
  const costs = [...users.values()].map((hash) => hash.split('$')[2] ?? '');
  return `$2b$${costs.toSorted().at(-1) ?? '10'}$${'.'.repeat(53)}`;
}

/** Loaded when it is needed. */
const compareInThread: Compare = async (comparison) => (await import('./bcrypt-thread.ts')).compareInThread(comparison);
