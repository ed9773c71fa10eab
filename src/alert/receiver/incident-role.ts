import type { TmuxEvent } from '../../core/event/event.ts';

/** What an event means for the incident it belongs to. */
export type IncidentRole =
  /** Trouble that lasts until the incident ends. */
  | { readonly kind: 'fires'; readonly incident: string }
  | { readonly kind: 'ends'; readonly incident: string }
  /** Whatever incident its server has is over: nobody looks at it any more. */
  | { readonly kind: 'ends-all'; readonly server: string }
  /** It only happened; `incident` is the one it tells more of. */
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
