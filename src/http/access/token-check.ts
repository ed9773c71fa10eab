import { createHash, timingSafeEqual } from 'node:crypto';
import type { Scope } from '../../core/scope.ts';

/** A bearer token and its scopes. */
export interface Token {
  readonly text: string;
  readonly scopes: readonly Scope[];
}

/** How many right tokens are remembered. */
const MOST_REMEMBERED = 100;

const BEARER = /^bearer +([\w.~+/=-]+) *$/i;

/** The token of an `Authorization` header (RFC 6750); null if it holds none. */
export function readBearer(authorization: string | undefined): string | null {
  return BEARER.exec(authorization ?? '')?.[1] ?? null;
}

/** Compares tokens in a time that does not depend on them. */
export class TokenCheck {
  readonly #read: () => Promise<readonly Token[]>;
  readonly #right = new Set<string>();

  constructor(read: () => Promise<readonly Token[]>) {
    this.#read = read;
  }

  /** Whether this token was right before. */
  isKnown(text: string): boolean {
    return this.#right.has(digestOf(text).toString('base64'));
  }

  /** The scopes of a token; null if it is not valid. */
  async scopesOf(text: string): Promise<ReadonlySet<Scope> | null> {
    const digest = digestOf(text);
    const tokens = await this.#read();
    const same = tokens.filter((token) => timingSafeEqual(digestOf(token.text), digest));
    if (same.length === 0) return null;
    this.#remember(digest.toString('base64'));
    return new Set(same.flatMap(({ scopes }) => scopes));
  }

  #remember(digest: string): void {
    const [oldest] = this.#right;
    if (this.#right.size >= MOST_REMEMBERED && oldest !== undefined) this.#right.delete(oldest);
    this.#right.add(digest);
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
