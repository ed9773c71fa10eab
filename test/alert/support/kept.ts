import type { ChangeLog } from '../../../src/alert/receiver/change-log.ts';
import { type KeptRows, MemoryOutbox } from '../../../src/core/alert/outbox.ts';

/** The stored rows of a new receiver: none. */
export const NOTHING_KEPT: KeptRows = { notices: [], messages: [], incidents: [], cooldowns: [] };

/** A change log that writes directly to an outbox. */
export function directLog(outbox = new MemoryOutbox(), receiver = 'ops'): ChangeLog {
  return {
    put: (kind, key, row) => outbox.commit([{ receiver, kind, key, row } as never], outbox.taken),
  };
}
