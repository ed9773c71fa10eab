import type { OpenIncident } from '../../core/alert/outbox.ts';
import type { TmuxEvent } from '../../core/event/event.ts';
import { eventPlaceOf, type History } from '../../core/event/event-log.ts';
import { roleOf } from './incident-role.ts';

/** Knows which incidents are over, and what ended them. */
export interface IncidentEnds {
  readonly isOpen: (incident: string) => boolean;
  /** The events that ended incidents, by the ids of these. One is missing if its event is not kept any more, or if there was none. */
  readonly endsOf: (incidents: readonly OpenIncident[]) => ReadonlyMap<string, TmuxEvent>;
}

/** Finds the ends of incidents in a history. */
export function incidentEnds(isOpen: IncidentEnds['isOpen'], history: History): IncidentEnds {
  return { isOpen, endsOf: (incidents) => (incidents.length === 0 ? new Map() : endsIn(history, incidents)) };
}

/** A problem of a server, by its place in the history. */
interface Problem {
  readonly incident: string;
  readonly seq: number;
}

/** Reads the history once, whatever the number of incidents. Only events that may end one are parsed. */
function endsIn(history: History, incidents: readonly OpenIncident[]): ReadonlyMap<string, TmuxEvent> {
  const sought = new Set(incidents.map(({ id }) => id));
  const problems = problemsByServer(incidents);
  const ends = new Map<string, TmuxEvent>();
  for (const logged of history.after(0)) {
    if (!mayEnd(logged.json, sought)) continue;
    const role = roleOf(logged.event);
    const own = role.kind === 'ends-all' ? (problems.get(role.server) ?? []) : [];
    const ended =
      role.kind === 'ends' ? [role.incident] : own.flatMap((one) => (one.seq < logged.seq ? [one.incident] : []));
    for (const id of ended) if (sought.has(id) && !ends.has(id)) ends.set(id, logged.event);
  }
  return ends;
}

function problemsByServer(incidents: readonly OpenIncident[]): ReadonlyMap<string | undefined, readonly Problem[]> {
  const problems = incidents.flatMap(({ id, fired }) =>
    fired.map((event) => ({ server: event.server?.name, incident: id, seq: eventPlaceOf(event.id)?.seq ?? 0 })),
  );
  return Map.groupBy(problems, ({ server }) => server);
}

const INCIDENT = /"incident":"([^"]*)"/;

function mayEnd(json: string, sought: ReadonlySet<string>): boolean {
  return sought.has(INCIDENT.exec(json)?.[1] ?? '') || json.includes('"type":"server-unregistered"');
}
