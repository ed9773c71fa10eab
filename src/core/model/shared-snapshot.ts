import type { Snapshot } from './snapshot.ts';

/** Longer lists are not compared: that would hold the main thread. */
const MOST_COMPARED = 2_000;

/**
 * The snapshot `after`, with the lists of the earlier one that are equal; the earlier one itself if everything is. Polls that find
 * nothing new then leave nothing behind that a full garbage collection has to remove. Single items are not shared: their texts are
 * slices of the whole answer, so an old item can keep all of it in memory.
 */
export function sharedSnapshot(before: Snapshot | null, after: Snapshot): Snapshot {
  if (before === null) return after;
  const sessions = sharedList(before.sessions, after.sessions);
  const windows = sharedList(before.windows, after.windows);
  const panes = sharedList(before.panes, after.panes);
  const attachedClients = sharedList(before.attachedClients, after.attachedClients);
  const { incarnation, version, clients } = after;
  const isSame =
    sessions === before.sessions &&
    windows === before.windows &&
    panes === before.panes &&
    attachedClients === before.attachedClients &&
    version === before.version &&
    isEqual(incarnation, before.incarnation) &&
    isEqual(clients, before.clients);
  return isSame ? before : { ...after, sessions, windows, panes, attachedClients };
}

function sharedList<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  if (after.length !== before.length || after.length > MOST_COMPARED) return after;
  return after.every((item, at) => isEqual(item, before[at])) ? before : after;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isEqual(a[key], b[key]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
