import type { TmuxEvent } from '../../../src/core/event/event.ts';

/** How often each name died for each reason since it was last deregistered, by name and reason: what its counters must say. */
export function deathCounts(events: readonly TmuxEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) {
    const name = event.server?.name;
    if (event.type === 'server-unregistered') {
      for (const key of [...counts.keys()]) if (key.startsWith(`${name} `)) counts.delete(key);
    }
    if (event.type !== 'server-gone') continue;
    const key = `${name} ${event.reason}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}
