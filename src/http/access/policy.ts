import type { TlsLayer } from './tls-layer.ts';

/** At most `burst` requests at once, and one more for every `intervalMs`. */
export interface RequestRate {
  readonly intervalMs: number;
  readonly burst: number;
}

/** Who may connect, and what every response carries. */
export interface WebPolicy {
  /** Null for plain HTTP. */
  readonly tls: TlsLayer | null;
  /** Headers of every response. */
  readonly headers: Readonly<Record<string, string>>;
  /** Users and the bcrypt hashes of their passwords. */
  readonly users: ReadonlyMap<string, string>;
  /** Of all requests together; null for no limit. */
  readonly rate: RequestRate | null;
}

/** Plain HTTP for everybody. */
export const OPEN_POLICY: WebPolicy = { tls: null, headers: {}, users: new Map(), rate: null };

/** The policy in force, looked at anew for each connection and each request; no promise if it cannot change. */
export type PolicySource = () => WebPolicy | Promise<WebPolicy>;
