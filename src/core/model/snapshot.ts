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
  /** Null where no client was ever attached. */
  readonly lastAttachedAt: number | null;
  readonly attachedClients: number;
}

/** What of a window asks for a look. Each session that a window is linked into is alerted, and calmed, on its own. */
export interface WindowAlerts {
  readonly bell: boolean;
  readonly activity: boolean;
  readonly silence: boolean;
}

/** The place of a window in a session: a window can have several, also in one session. */
export interface WindowLink extends WindowAlerts {
  readonly sessionId: string;
  /** Null where the windows were not asked for in detail. */
  readonly index: number | null;
}

/** What is asked of each window only where somebody wants it. */
export interface WindowDetail {
  /** Unix seconds. */
  readonly activityAt: number;
  /** Clients that look at the window now; null where the server is too old to know. */
  readonly activeClients: number | null;
}

/** A window, once however many sessions it is linked into. */
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

/** What is asked of each pane only where somebody wants it. */
export interface PaneDetail {
  readonly inMode: boolean;
  /** Exit status of the ended process; null while it runs, and where a signal ended it. */
  readonly exitStatus: number | null;
  /** Number of the signal that ended the process; null where none did, or the server is too old to know. */
  readonly exitSignal: number | null;
  readonly historyLines: number;
  readonly historyLimitLines: number;
  readonly title: string;
  /** Working directory of the process in the foreground; empty where it cannot be read. */
  readonly path: string;
}

/** A pane, once however many sessions its window is linked into. */
export interface Pane {
  /** `%1`. */
  readonly id: string;
  readonly windowId: string;
  /** Pid of the process tmux started in the pane. */
  readonly pid: number;
  /** The process has ended and `remain-on-exit` keeps the pane. */
  readonly dead: boolean;
  /** Name of the command in the foreground. */
  readonly command: string;
  readonly detail: PaneDetail | null;
}

/** Clients attached to a server; never one of ours. */
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
  /** Bytes that were written to its terminal; null where the server is too old to know. */
  readonly writtenBytes: number | null;
  /** Bytes that were thrown away since its terminal was too slow; null where the server is too old to know. */
  readonly discardedBytes: number | null;
  /** Its terminal type, such as `xterm-256color`. */
  readonly term: string;
}

/** All that one poll learnt of one server: immutable, and nearly one consistent cut. */
export interface Snapshot {
  readonly incarnation: Incarnation;
  /** `#{version}` of the server, such as `3.5a`. */
  readonly version: string;
  readonly sessions: readonly Session[];
  readonly windows: readonly Window[];
  readonly panes: readonly Pane[];
  readonly clients: ClientCounts;
  /** Each attached client; empty where they were not asked for one by one. */
  readonly attachedClients: readonly AttachedClient[];
}
