import type { TmuxEvent } from '../../core/event/event.ts';

/** The role of an event in its incident. */
export type IncidentRole =
  /** A problem that lasts until the incident ends. */
  | { readonly kind: 'fires'; readonly incident: string }
  | { readonly kind: 'ends'; readonly incident: string }
  /** Ends every incident of the server, which is not polled any more. */
  | { readonly kind: 'ends-all'; readonly server: string }
  /** A momentary event. `incident` is the one that it adds information to. */
  | { readonly kind: 'happens'; readonly incident: string | null };

/** Finds the role of an event. */
export function roleOf({ type, id, incident, server }: TmuxEvent): IncidentRole {
  switch (type) {
    case 'server-gone':
    case 'server-unresponsive':
    case 'server-unreachable':
      return { kind: 'fires', incident: incident ?? id };
    case 'server-up':
    case 'server-recovered':
      return incident === null ? { kind: 'happens', incident } : { kind: 'ends', incident };
    case 'server-unregistered':
      return server === null ? { kind: 'happens', incident } : { kind: 'ends-all', server: server.name };
    default:
      return { kind: 'happens', incident };
  }
}
