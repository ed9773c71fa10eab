import { createHmac, randomBytes } from 'node:crypto';
import type { Comparison } from './bcrypt-thread.ts';
import { FairLane } from './fair-lane.ts';

/** A user name and a password, as they were sent. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** Compares a password with a bcrypt hash. */
export type Compare = (comparison: Comparison) => Promise<boolean>;

/** How many right logins are remembered. */
const MOST_REMEMBERED = 100;

/** How many comparisons there may be at one time: each takes a tenth of a second and more. */
const MOST_COMPARISONS = 16;

/** Checks passwords against bcrypt hashes. A right one is compared once, then remembered by a keyed hash; the oldest are forgotten first. */
export class PasswordCheck {
  readonly #compare: Compare;
  readonly #key = randomBytes(32);
  readonly #right = new Set<string>();
  /** The comparisons that are not over, by the same keyed hash. */
  readonly #underWay = new Map<string, Promise<boolean | 'refused'>>();
  readonly #lane = new FairLane(MOST_COMPARISONS);

  /** `compare` is replaced in tests. */
  constructor(compare: Compare = compareInThread) {
    this.#compare = compare;
  }

  /** Whether this login was right before, and its user still has the same hash. */
  isKnown(login: Login, users: ReadonlyMap<string, string>): boolean {
    const hash = users.get(login.user);
    return hash !== undefined && this.#right.has(this.#digestOf(login, hash));
  }

  /** Whether a login is right; `busy` if too many wait for an answer. Clients are served in turns. The same login is compared once for everybody who waits. A user who does not exist takes as long as one who does. */
  async check(login: Login, users: ReadonlyMap<string, string>, client: string): Promise<'right' | 'wrong' | 'busy'> {
    if (this.isKnown(login, users)) return 'right';
    const known = users.get(login.user);
    const hash = known ?? nobodysHash(users);
    const digest = this.#digestOf(login, hash);
    const comparison = { password: login.password, hash };
    const result = await (this.#underWay.get(digest) ?? this.#begin(digest, comparison, client));
    if (result === 'refused') return 'busy';
    if (known === undefined || !result) return 'wrong';
    this.#remember(digest);
    return 'right';
  }

  #begin(digest: string, comparison: Comparison, client: string): Promise<boolean | 'refused'> {
    const result = this.#lane.run(client, () => this.#compare(comparison)).finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, result);
    return result;
  }

  #remember(digest: string): void {
    if (this.#right.has(digest)) return;
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
