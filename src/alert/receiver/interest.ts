import { SEVERITIES, type TmuxEvent } from '../../core/event/event.ts';
import { matchesGlob } from '../../core/glob.ts';
import type { EventFilter } from './receiver.ts';

/** Whether an event passes the filter of a receiver. */
export function passes({ events, servers, minSeverity }: EventFilter, event: TmuxEvent): boolean {
  if (!events.includes(event.type)) return false;
  if (SEVERITIES.indexOf(event.severity) < SEVERITIES.indexOf(minSeverity)) return false;
  const { server } = event;
  return server === null || servers.length === 0 || servers.some((pattern) => matchesGlob(pattern, server.name));
}
