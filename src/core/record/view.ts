import type { GoneReason } from '../model/server.ts';
import type { Death, ServerRecord } from './record.ts';

/** What outlives the reaping of a server: its name keeps its last death until a person deregisters it. */
export interface Tombstone {
  readonly name: string;
  /** The last one. */
  readonly death: Death;
  /** How often it died, by reason; a reason that never was is left out. */
  readonly deaths: Readonly<Partial<Record<GoneReason, number>>>;
  /** The incident that the name's next life will end; null once it has. */
  readonly incident: string | null;
  /** Whether `tmux_server_up 0` is still to be shown for a name that is not registered any more. */
  readonly lingering: boolean;
}

/** All that is known at one moment. A new object whenever anything in it changed, so that what is made from it can be cached by identity. */
export interface FleetView {
  /** Registered servers, by name. */
  readonly records: readonly ServerRecord[];
  /** Names that died at least once, by name; a name can be in both lists. */
  readonly tombstones: readonly Tombstone[];
}
