import { readBasicAuth } from './basic-auth.ts';
import { LoginLimit } from './login-limit.ts';
import { PasswordCheck } from './password-check.ts';
import type { PolicySource, RequestRate } from './policy.ts';
import { TokenBucket } from './token-bucket.ts';

/** Who asks: the `Authorization` header, and the address of the client. */
export interface Visitor {
  readonly authorization: string | undefined;
  readonly address: string;
}

/** Whether a visitor may come in. */
export type Admission =
  | { readonly kind: 'admitted' }
  /** No login, or a wrong one. */
  | { readonly kind: 'unknown' }
  /** Too many failed logins from this address. */
  | { readonly kind: 'limited'; readonly waitMs: number }
  /** Too many logins are being checked. */
  | { readonly kind: 'busy' };

/** What a doorkeeper needs. */
export interface DoorkeeperParts {
  readonly policy: PolicySource;
  /** Milliseconds of a clock that never steps. */
  readonly nowMs: () => number;
  /** Replaced in tests. */
  readonly passwords?: PasswordCheck;
}

/** Decides who may ask. What it remembers outlives a change of the policy. */
export class Doorkeeper {
  readonly policy: PolicySource;
  readonly #nowMs: () => number;
  readonly #passwords: PasswordCheck;
  readonly #limit: LoginLimit;
  #bucket: { readonly rate: RequestRate; readonly tokens: TokenBucket } | null = null;

  constructor({ policy, nowMs, passwords = new PasswordCheck() }: DoorkeeperParts) {
    this.policy = policy;
    this.#nowMs = nowMs;
    this.#passwords = passwords;
    this.#limit = new LoginLimit(nowMs);
  }

  /** Whether one more request may pass at the rate of the policy. */
  isWithin(rate: RequestRate | null): boolean {
    if (rate === null) return true;
    const { intervalMs, burst } = this.#bucket?.rate ?? {};
    if (this.#bucket === null || intervalMs !== rate.intervalMs || burst !== rate.burst) {
      this.#bucket = { rate, tokens: new TokenBucket(rate, this.#nowMs) };
    }
    return this.#bucket.tokens.take();
  }

  /** Whether a visitor may ask. A login that was right before is not kept out by the failures of others at its address. */
  async admit({ authorization, address }: Visitor): Promise<Admission> {
    const { users } = await this.policy();
    if (users.size === 0) return { kind: 'admitted' };
    const login = readBasicAuth(authorization);
    if (login === null) return { kind: 'unknown' };
    if (this.#passwords.isKnown(login, users)) return { kind: 'admitted' };
    const waitMs = this.#limit.waitMs(address);
    if (waitMs > 0) return { kind: 'limited', waitMs };
    const result = await this.#passwords.check(login, users);
    if (result === 'busy') return { kind: 'busy' };
    if (result === 'right') return { kind: 'admitted' };
    this.#limit.failed(address);
    return { kind: 'unknown' };
  }
}
