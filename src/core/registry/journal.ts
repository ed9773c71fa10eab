import type { EventLog } from '../event/event-log.ts';
import type { SavedServer } from '../record/record.ts';
import type { Tombstone } from '../record/view.ts';

/** What is kept of the fleet beside its events. */
export type Memory =
  | { readonly kind: 'server'; readonly server: SavedServer }
  | { readonly kind: 'server-dropped'; readonly name: string }
  | { readonly kind: 'tombstone'; readonly tombstone: Tombstone }
  | { readonly kind: 'tombstone-dropped'; readonly name: string };

/** An event log that also remembers the fleet, and stores both in one step. */
export interface Journal extends EventLog {
  /** Runs `work` and stores the events it appended, with all that is to be remembered since the last step, before it returns. */
  step<T>(work: () => T): T;
  /** Keeps a change of the fleet: stored with the next event, or by the next {@link Journal.flush}. */
  remember(memory: Memory): void;
  /** Stores what no event was stored with. */
  flush(): void;
}

/** What was kept from the time before we started. */
export interface Remembered {
  readonly servers: readonly SavedServer[];
  readonly tombstones: readonly Tombstone[];
  /** The boot in which it was kept; null where that is not known. */
  readonly bootId: string | null;
}
