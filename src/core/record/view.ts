import type { GoneReason } from '../model/server.ts';
import type { Death, ServerRecord } from './record.ts';

/** What stays of a reaped server: the name and its deaths, until a person deregisters it. */
export interface Tombstone {
  readonly name: string;
  /** The last death. */
  readonly death: Death;
  /** Number of deaths by reason; reasons that never occurred are left out. */
  readonly deaths: Readonly<Partial<Record<GoneReason, number>>>;
  /** The incident that the next life under this name will end; null after that. */
  readonly incident: string | null;
  /** Whether `tmux_server_up 0` is still shown for a name that is no longer registered. */
  readonly lingering: boolean;
}

/** All servers and deaths known at one moment. It is a new object after every change, so that results made from it can be cached by identity. */
export interface FleetView {
  /** Registered servers, by name. */
  readonly records: readonly ServerRecord[];
  /** Names with at least one death, by name. A name can be in both lists. */
  readonly tombstones: readonly Tombstone[];
}
