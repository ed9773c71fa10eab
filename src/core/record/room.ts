import { userOf } from '../model/name.ts';
import type { Target } from '../model/server.ts';
import type { ServerRecord } from './record.ts';

/**
 * Chooses the discovered server that makes room for `target` at the limit of servers; null if there is none: then `target` is
 * refused. It is the newest one of the user with the most discovered servers, if that user has more than the holder of `target`
 * would have. So no user, and no client of the API, takes the places of the others.
 */
export function findRoom(target: Target, records: readonly ServerRecord[]): ServerRecord | null {
  const shares = new Map<string, ServerRecord[]>();
  for (const record of records) {
    const holder = holderOf(record.target);
    const share = shares.get(holder);
    if (share) share.push(record);
    else shares.set(holder, [record]);
  }
  const found = [...shares.values()].filter((share) => share[0]?.target.registration === 'discovered');
  const most = found.reduce<readonly ServerRecord[]>((a, b) => (b.length > a.length ? b : a), []);
  const own = shares.get(holderOf(target))?.length ?? 0;
  if (own + 1 >= most.length) return null;
  return most.reduce<ServerRecord | null>((a, b) => (a && a.generation > b.generation ? a : b), null);
}

/** The holder of a server's place: its user if it was discovered, otherwise the configuration or the API. */
function holderOf({ name, registration }: Target): string {
  return registration === 'discovered' ? `user ${userOf(name)}` : registration;
}
