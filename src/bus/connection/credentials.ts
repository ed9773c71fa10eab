/** How the bus lets us in. */
export type BusLogin =
  | { readonly kind: 'none' }
  | { readonly kind: 'nkey'; readonly seed: string }
  | { readonly kind: 'creds'; readonly text: string }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

/** The servers of the bus, and how to reach them. */
export interface BusAccess {
  /** `host:port` of each. */
  readonly servers: readonly string[];
  readonly login: BusLogin;
  /** Null for plain connections. Certificates and keys in PEM; null for those of the system, and for none. */
  readonly tls: { readonly ca: string | null; readonly cert: string | null; readonly key: string | null } | null;
  /** The name of the connection, in the lists of the server. */
  readonly name: string;
  /** What the subjects of answers begin with: the rights of a host name it. */
  readonly inboxPrefix: string;
}
