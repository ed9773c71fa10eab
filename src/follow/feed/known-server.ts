/** One life of a tmux server, as the feed reports it. */
export interface KnownServer {
  readonly name: string;
  /** Absolute path of the socket, on the exporter's machine. */
  readonly socket: string;
  readonly pid: number;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly version: string | null;
}

/** A server in a snapshot of the exporter. */
export interface SnapshotServer {
  readonly name: string;
  readonly socket: string;
  readonly version: string | null;
  /** Whether nothing listens on its socket. */
  readonly isAbsent: boolean;
  /** Null before its first answer and after its death. */
  readonly incarnation: { readonly pid: number; readonly startedAt: string } | null;
}

/** Key that identifies a life. */
export function lifeOf({ socket, pid, startedAt }: KnownServer): string {
  return `${pid} ${startedAt} ${socket}`;
}

/** The lives in a snapshot. */
export function livesIn(snapshot: readonly SnapshotServer[]): KnownServer[] {
  return snapshot.flatMap(({ name, socket, version, incarnation }) =>
    incarnation ? [{ name, socket, version, ...incarnation }] : [],
  );
}
