import type { Incarnation } from './server.ts';

/** A tmux session, as one poll saw it. Times are Unix seconds. */
export interface Session {
  /** `$1`: unique and never reused within a server's life. */
  readonly id: string;
  readonly name: string;
  /** Name of the session group; null outside a group. */
  readonly group: string | null;
  readonly createdAt: number;
  readonly activityAt: number;
  /** Null if no client was ever attached. */
  readonly lastAttachedAt: number | null;
  readonly attachedClients: number;
}

/** The alert flags of a window. Each session that the window is linked into has its own flags. */
export interface WindowAlerts {
  readonly bell: boolean;
  readonly activity: boolean;
  readonly silence: boolean;
}

/** The place of a window in a session. A window can have several places, even in one session. */
export interface WindowLink extends WindowAlerts {
  readonly sessionId: string;
  /** Null if no window details were asked for. */
  readonly index: number | null;
}

/** Details of a window. They are asked for only if a collector needs them. */
export interface WindowDetail {
  /** Unix seconds. */
  readonly activityAt: number;
  /** Clients that show the window now; null if the server is too old to know. */
  readonly activeClients: number | null;
}

/** A window. It appears once, even if it is linked into several sessions. */
export interface Window {
  /** `@1`. */
  readonly id: string;
  /** Ids of the sessions it is linked into, each once. */
  readonly sessionIds: readonly string[];
  /** Every place it has, at least one. */
  readonly links: readonly WindowLink[];
  readonly name: string;
  readonly detail: WindowDetail | null;
}

/** Details of a pane. They are asked for only if a collector needs them. */
export interface PaneDetail {
  readonly inMode: boolean;
  /** Exit status of the ended process; null while it runs, and if a signal ended it. */
  readonly exitStatus: number | null;
  /** Number of the signal that ended the process; null if none did, or if the server is too old to know. */
  readonly exitSignal: number | null;
  readonly historyLines: number;
  readonly historyLimitLines: number;
  readonly title: string;
  /** Working directory of the process in the foreground; empty if it cannot be read. */
  readonly path: string;
}

/** A pane. It appears once, even if its window is linked into several sessions. */
export interface Pane {
  /** `%1`. */
  readonly id: string;
  readonly windowId: string;
  /** Pid of the process that tmux started in the pane. */
  readonly pid: number;
  /** The process has ended and `remain-on-exit` keeps the pane. */
  readonly dead: boolean;
  /** Name of the command in the foreground. */
  readonly command: string;
  readonly detail: PaneDetail | null;
}

/** Number of clients attached to a server, without those of the exporter. */
export interface ClientCounts {
  readonly tty: number;
  readonly control: number;
}

/** A client that is attached to a session. Times are Unix seconds. */
export interface AttachedClient {
  /** Path of its terminal, or `client-` and its pid. */
  readonly name: string;
  readonly pid: number;
  readonly kind: keyof ClientCounts;
  readonly sessionId: string;
  readonly createdAt: number;
  readonly activityAt: number;
  /** Bytes written to its terminal; null if the server is too old to know. */
  readonly writtenBytes: number | null;
  /** Bytes discarded because its terminal was too slow; null if the server is too old to know. */
  readonly discardedBytes: number | null;
  /** Its terminal type, such as `xterm-256color`. */
  readonly term: string;
}

/** The content of one server, as one poll read it. Immutable, and nearly consistent. */
export interface Snapshot {
  readonly incarnation: Incarnation;
  /** `#{version}` of the server, such as `3.5a`. */
  readonly version: string;
  readonly sessions: readonly Session[];
  readonly windows: readonly Window[];
  readonly panes: readonly Pane[];
  readonly clients: ClientCounts;
  /** Each attached client; empty if client details were not asked for. */
  readonly attachedClients: readonly AttachedClient[];
}
