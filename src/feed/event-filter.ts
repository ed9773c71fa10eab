import { type EventType, isAtLeast, SEVERITIES, type Severity } from '../core/event/event.ts';
import { matchesGlob } from '../core/glob.ts';
import type { FeedEvent } from './source/feed-event.ts';

/** The events that a reader wants. An empty list means all. */
export interface Filter {
  /** Names of exporters in the fleet, or patterns with `*`. */
  readonly hosts: readonly string[];
  /** Names of servers, or patterns with `*`. They need not exist yet. */
  readonly servers: readonly string[];
  readonly types: readonly EventType[];
  /** The minimum severity. */
  readonly severity: Severity;
}

/** Whether the filter matches every event. */
export function asksForAll({ hosts, servers, types, severity }: Filter): boolean {
  return hosts.length === 0 && servers.length === 0 && types.length === 0 && severity === SEVERITIES[0];
}

/** Whether the filter matches events of this host of the fleet. */
export function matchesHost({ hosts }: Filter, name: string): boolean {
  return matchesAny(hosts, name);
}

/** Whether the filter matches events of this server. */
export function matchesServer({ servers }: Filter, name: string): boolean {
  return matchesAny(servers, name);
}

/** Whether the filter matches `event`. An event of a whole machine matches every server. */
export function matchesEvent(
  filter: Filter,
  { type, severity, name, server }: Pick<FeedEvent, 'type' | 'severity' | 'name' | 'server'>,
): boolean {
  if (!isAtLeast(severity, filter.severity)) return false;
  if (filter.types.length > 0 && !filter.types.includes(type)) return false;
  if (name !== null && !matchesHost(filter, name)) return false;
  return server === null || matchesServer(filter, server);
}

function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.length === 0 || patterns.some((pattern) => matchesGlob(pattern, name));
}
