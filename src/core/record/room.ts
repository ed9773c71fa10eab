import { userOf } from '../model/name.ts';
import type { Target } from '../model/server.ts';
import type { ServerRecord } from './record.ts';

/**
 * The found server that is given up for `target` where no more may be registered; null if there is none: then `target` is refused.
 * It is the newest of the user with the most found servers, if those are more than the user of `target` has, or the configuration,
 * or the API. So no user takes the places of the others, and nobody who may write to the API does.
 */
export function whoMakesRoom(target: Target, records: readonly ServerRecord[]): ServerRecord | null {
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

/** Whose share a server takes up: that of its user if it was found, else that of what registered it. */
function holderOf({ name, registration }: Target): string {
  return registration === 'discovered' ? `user ${userOf(name)}` : registration;
}
