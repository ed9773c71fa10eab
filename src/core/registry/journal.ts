import type { EventLog } from '../event/event-log.ts';
import type { SavedServer } from '../record/record.ts';
import type { PidSpace } from '../record/relocation.ts';
import type { Tombstone } from '../record/view.ts';

/** A change of the stored fleet: what is kept besides events. */
export type Memory =
  | { readonly kind: 'server'; readonly server: SavedServer }
  | { readonly kind: 'server-dropped'; readonly name: string }
  | { readonly kind: 'tombstone'; readonly tombstone: Tombstone }
  | { readonly kind: 'tombstone-dropped'; readonly name: string };

/** An event log that also remembers the fleet, and stores both in one step. */
export interface Journal extends EventLog {
  /** Runs `work`. Before it returns, it stores the events that `work` appended, and all changes remembered since the last step. */
  step<T>(work: () => T): T;
  /** Takes a change of the fleet. It is stored with the next event, or by the next {@link Journal.flush}. */
  remember(memory: Memory): void;
  /** Stores the remembered changes without waiting for an event. */
  flush(): void;
}

/** What was stored before the exporter started, and where its pids were read. */
export interface Remembered extends PidSpace {
  readonly servers: readonly SavedServer[];
  readonly tombstones: readonly Tombstone[];
}
