import { createHash } from 'node:crypto';
import { isLoopbackAddress } from '../../core/loopback.ts';
import { networkOf } from '../../core/network.ts';
import type { Scope } from '../../core/scope.ts';
import { readBasicAuth } from './basic-auth.ts';
import { LoginLimit } from './login-limit.ts';
import { type Login, PasswordCheck } from './password-check.ts';
import type { PolicySource, RequestRate, WebPolicy } from './policy.ts';
import { TokenBucket } from './token-bucket.ts';
import { readBearer, type Token, TokenCheck } from './token-check.ts';

/** The ends of a TCP connection: the client's, and ours. */
export interface ConnectionEnds {
  readonly address: string;
  readonly port: number;
  readonly ownAddress: string;
  readonly ownPort: number;
}

/** The client of a request: its `Authorization` header and its connection. */
export interface Visitor {
  readonly authorization: string | undefined;
  /** Null for a Unix socket. */
  readonly ends: ConnectionEnds | null;
  /** Whether its connection could be made now, under a policy. */
  readonly couldConnect: (policy: WebPolicy) => boolean;
}

/** Whether a request is allowed. */
export type Admission =
  /** `login` is an opaque id of the token or user; null for none. */
  | { readonly kind: 'admitted'; readonly login: string | null }
  /** A connection that could not be made any more. */
  | { readonly kind: 'outdated' }
  /** No login, or a wrong one. */
  | { readonly kind: 'unknown' }
  /** A token that does not allow this. */
  | { readonly kind: 'forbidden' }
  /** Too many failed logins from this address, or of this user of the machine. */
  | { readonly kind: 'limited'; readonly waitMs: number }
  /** Too many logins are being checked. */
  | { readonly kind: 'busy' };

/** Why a request was refused. */
export type RefusalReason = 'missing' | 'wrong' | Exclude<Admission['kind'], 'admitted' | 'outdated' | 'unknown'>;

/** The dependencies and callbacks of a {@link Doorkeeper}. */
export interface DoorkeeperParts {
  readonly policy: PolicySource;
  /** Whether reading needs a token even without users. */
  readonly guardsReads: () => boolean;
  /** Reads the valid tokens. */
  readonly readTokens: () => Promise<readonly Token[]>;
  /** The user at the client's end of a loopback connection; null if unknown. */
  readonly userOf: (ends: ConnectionEnds) => Promise<number | null>;
  /** Milliseconds of a clock that never steps. */
  readonly nowMs: () => number;
  /** A request was refused. */
  readonly onRefused: (reason: RefusalReason) => void;
  /** Replaced in tests. */
  readonly passwords?: PasswordCheck;
}

/** Decides which requests are allowed. Its memory of logins survives a change of the policy. */
export class Doorkeeper {
  readonly policy: PolicySource;
  readonly #nowMs: () => number;
  readonly #guardsReads: () => boolean;
  readonly #onRefused: DoorkeeperParts['onRefused'];
  readonly #userOf: DoorkeeperParts['userOf'];
  readonly #tokens: TokenCheck;
  readonly #passwords: PasswordCheck;
  readonly #limit: LoginLimit;
  #bucket: { readonly rate: RequestRate; readonly tokens: TokenBucket } | null = null;

  constructor(parts: DoorkeeperParts) {
    const { policy, guardsReads, readTokens, userOf, nowMs, onRefused, passwords = new PasswordCheck() } = parts;
    this.policy = policy;
    this.#userOf = userOf;
    this.#guardsReads = guardsReads;
    this.#tokens = new TokenCheck(readTokens);
    this.#nowMs = nowMs;
    this.#onRefused = onRefused;
    this.#passwords = passwords;
    this.#limit = new LoginLimit(nowMs);
  }

  /** Whether the rate of the policy allows one more request. */
  isWithin(rate: RequestRate): boolean {
    const { intervalMs, burst } = this.#bucket?.rate ?? {};
    if (this.#bucket === null || intervalMs !== rate.intervalMs || burst !== rate.burst) {
      this.#bucket = { rate, tokens: new TokenBucket(rate, this.#nowMs) };
    }
    return this.#bucket.tokens.take();
  }

  /** Whether a visitor has a scope. Failed logins of others at its address do not block a login that was right before. */
  async admit(visitor: Visitor, scope: Scope): Promise<Admission> {
    const admission = await this.#decide(visitor, scope);
    if (admission.kind === 'unknown') this.#onRefused(visitor.authorization === undefined ? 'missing' : 'wrong');
    else if (admission.kind !== 'admitted' && admission.kind !== 'outdated') this.#onRefused(admission.kind);
    return admission;
  }

  /** The user of this machine at the client's end of a connection, such as `uid 1000`; null if it is on another machine, or not known. */
  async userAt(ends: ConnectionEnds | null): Promise<string | null> {
    if (ends === null || !isLoopbackAddress(ends.address)) return null;
    const uid = await this.#userOf(ends);
    return uid === null ? null : `uid ${uid}`;
  }

  async #decide({ authorization, ends, couldConnect }: Visitor, scope: Scope): Promise<Admission> {
    // Both at once: a reload changes them together.
    const [guardsReads, reading] = [this.#guardsReads(), this.policy()];
    const policy = await reading;
    if (!couldConnect(policy)) return { kind: 'outdated' };
    const { users } = policy;
    const token = readBearer(authorization);
    if (scope === 'read' && users.size === 0 && !guardsReads) return this.#admitAnybody(token, ends);
    if (token !== null) return this.#admitBearer(token, ends, scope);
    const login = readBasicAuth(authorization);
    // A browser sends a password by itself, so a password is not enough for a write.
    if (login === null || scope !== 'read' || users.size === 0) return { kind: 'unknown' };
    return this.#admitUser(login, users, ends);
  }

  /** Admits a client that needs no token, or has a right one. */
  async #admitAnybody(token: string | null, ends: Visitor['ends']): Promise<Admission> {
    const isBlocked = async () =>
      !this.#tokens.isKnown(token ?? '') && this.#limit.waitMs(await this.#clientOf(ends)) > 0;
    if (token === null || (await isBlocked())) return { kind: 'admitted', login: null };
    const isRight = (await this.#tokens.scopesOf(token)) !== null;
    return { kind: 'admitted', login: isRight ? loginOf('token', token) : null };
  }

  async #admitBearer(token: string, ends: Visitor['ends'], scope: Scope): Promise<Admission> {
    // Found once: a client that leaves meanwhile is not known any more. For a token that was right before it is not needed.
    const client = this.#tokens.isKnown(token) ? null : await this.#clientOf(ends);
    const waitMs = client === null ? 0 : this.#limit.waitMs(client);
    if (waitMs > 0) return { kind: 'limited', waitMs };
    const scopes = await this.#tokens.scopesOf(token);
    if (scopes === null) return this.#refuse(client ?? (await this.#clientOf(ends)));
    return scopes.has(scope) ? { kind: 'admitted', login: loginOf('token', token) } : { kind: 'forbidden' };
  }

  async #admitUser(login: Login, users: WebPolicy['users'], ends: Visitor['ends']): Promise<Admission> {
    const admitted: Admission = { kind: 'admitted', login: loginOf('user', login.user) };
    if (this.#passwords.isKnown(login, users)) return admitted;
    const client = await this.#clientOf(ends);
    const waitMs = this.#limit.waitMs(client);
    if (waitMs > 0) return { kind: 'limited', waitMs };
    const result = await this.#passwords.check(login, users, client);
    if (result === 'busy') return { kind: 'busy' };
    return result === 'right' ? admitted : this.#refuse(client);
  }

  /** Whose failed logins count together. All users of the machine share its loopback addresses, of which there are millions. */
  async #clientOf(ends: Visitor['ends']): Promise<string> {
    if (ends === null) return 'local';
    if (!isLoopbackAddress(ends.address)) return networkOf(ends.address);
    return (await this.userAt(ends)) ?? 'loopback';
  }

  #refuse(client: string): Admission {
    this.#limit.failed(client);
    return { kind: 'unknown' };
  }
}

function loginOf(kind: 'token' | 'user', text: string): string {
  return `${kind} ${createHash('sha256').update(text).digest('base64')}`;
}
