import type { ChangeLog } from '../../../src/alert/receiver/change-log.ts';
import { type KeptRows, MemoryOutbox } from '../../../src/core/alert/outbox.ts';

/** What is kept of a receiver that is new. */
export const NOTHING_KEPT: KeptRows = { notices: [], messages: [], incidents: [], cooldowns: [] };

/** A log of changes that goes right into an outbox. */
export function directLog(outbox = new MemoryOutbox(), receiver = 'ops'): ChangeLog {
  return {
    put: (kind, key, row) => outbox.commit([{ receiver, kind, key, row } as never], outbox.taken),
  };
}
