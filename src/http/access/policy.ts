import type { TlsLayer } from './tls-layer.ts';

/** At most `burst` requests at once, and one more for every `intervalMs`. */
export interface RequestRate {
  readonly intervalMs: number;
  readonly burst: number;
}

/** The rules of a web config file: TLS, users, rate, and the headers of every response. */
export interface WebPolicy {
  /** Null for plain HTTP. */
  readonly tls: TlsLayer | null;
  /** Headers of every response. */
  readonly headers: Readonly<Record<string, string>>;
  /** Users and the bcrypt hashes of their passwords. */
  readonly users: ReadonlyMap<string, string>;
  /** The limit of all requests together; null for none. */
  readonly rate: RequestRate | null;
}

/** Plain HTTP for everybody. */
export const OPEN_POLICY: WebPolicy = { tls: null, headers: {}, users: new Map(), rate: null };

/** Returns the policy in force. It is called for each connection and each request; returns no promise if the policy cannot change. */
export type PolicySource = () => WebPolicy | Promise<WebPolicy>;
