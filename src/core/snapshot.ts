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

/** A window, once however many sessions it is linked into. */
export interface Window {
  /** `@1`. */
  readonly id: string;
  /** Ids of the sessions it is linked into, each once. */
  readonly sessionIds: readonly string[];
  readonly name: string;
  readonly bell: boolean;
  readonly activity: boolean;
  readonly silence: boolean;
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
}

/** Clients attached to a server; never one of ours. */
export interface ClientCounts {
  readonly tty: number;
  readonly control: number;
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
}
