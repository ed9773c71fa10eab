import { isAtLeast, type TmuxEvent, WORST_SEVERITY } from '../../core/event/event.ts';
import { matchesGlob } from '../../core/glob.ts';
import type { EventFilter } from './receiver.ts';

/** Whether any event can pass the filter of a receiver. */
export function canPass({ events, minSeverity }: EventFilter): boolean {
  return events.some((type) => isAtLeast(WORST_SEVERITY[type], minSeverity));
}

/** Whether an event passes the filter of a receiver. */
export function passes({ events, servers, minSeverity }: EventFilter, event: TmuxEvent): boolean {
  if (!events.includes(event.type)) return false;
  if (!isAtLeast(event.severity, minSeverity)) return false;
  const { server } = event;
  return server === null || servers.length === 0 || servers.some((pattern) => matchesGlob(pattern, server.name));
}
