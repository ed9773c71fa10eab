/** A TCP address to listen on. */
export interface TcpAddress {
  /** Name or IP address; null for every interface. */
  readonly host: string | null;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** A Unix socket to listen on: the permissions of its file decide who may connect. */
export interface UnixAddress {
  readonly path: string;
  /** Permissions of the file, such as 0o600. */
  readonly mode: number;
}

/** A socket that a service manager listens on for us, by its file descriptor. */
export interface InheritedSocket {
  readonly fd: number;
}

/** An address to listen on. */
export type ListenAddress = TcpAddress | UnixAddress | InheritedSocket;

/** An address that a server listens on, with the real port. */
export type Place = { readonly host: string; readonly port: number } | { readonly path: string };
