import { type EventType, SEVERITIES, type Severity, type TmuxEvent } from '../core/event/event.ts';
import { matchesGlob } from '../core/glob.ts';

/** The events that a reader wants. An empty list means all. */
export interface Filter {
  /** Names of servers, or patterns with `*`. They need not exist yet. */
  readonly servers: readonly string[];
  readonly types: readonly EventType[];
  /** The minimum severity. */
  readonly severity: Severity;
}

/** Whether the filter matches every event. */
export function asksForAll({ servers, types, severity }: Filter): boolean {
  return servers.length === 0 && types.length === 0 && severity === SEVERITIES[0];
}

/** Whether the filter matches events of this server. */
export function matchesServer({ servers }: Filter, name: string): boolean {
  return servers.length === 0 || servers.some((pattern) => matchesGlob(pattern, name));
}

/** Whether the filter matches `event`. An event of the whole machine matches every server. */
export function matchesEvent(filter: Filter, event: TmuxEvent): boolean {
  if (SEVERITIES.indexOf(event.severity) < SEVERITIES.indexOf(filter.severity)) return false;
  if (filter.types.length > 0 && !filter.types.includes(event.type)) return false;
  return event.server === null || matchesServer(filter, event.server.name);
}
