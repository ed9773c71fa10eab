import { type EventType, SEVERITIES, type Severity, type TmuxEvent } from '../core/event/event.ts';
import { matchesGlob } from '../core/glob.ts';

/** Which events a reader wants. An empty list asks for all. */
export interface Filter {
  /** Names of servers, or patterns with `*`. They need not exist yet. */
  readonly servers: readonly string[];
  readonly types: readonly EventType[];
  /** The least severity. */
  readonly severity: Severity;
}

/** Whether the filter lets every event pass. */
export function asksForAll({ servers, types, severity }: Filter): boolean {
  return servers.length === 0 && types.length === 0 && severity === SEVERITIES[0];
}

/** Whether the filter lets an event of this server pass. */
export function matchesServer({ servers }: Filter, name: string): boolean {
  return servers.length === 0 || servers.some((pattern) => matchesGlob(pattern, name));
}

/** Whether the filter lets `event` pass. One about the whole machine concerns every server. */
export function matchesEvent(filter: Filter, event: TmuxEvent): boolean {
  if (SEVERITIES.indexOf(event.severity) < SEVERITIES.indexOf(filter.severity)) return false;
  if (filter.types.length > 0 && !filter.types.includes(event.type)) return false;
  return event.server === null || matchesServer(filter, event.server.name);
}
