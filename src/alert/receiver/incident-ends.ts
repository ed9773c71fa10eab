import type { OpenIncident } from '../../core/alert/outbox.ts';
import type { TmuxEvent } from '../../core/event/event.ts';
import { eventPlaceOf, type History, type LoggedEvent } from '../../core/event/event-log.ts';
import { roleOf } from './incident-role.ts';

/** Knows which incidents are over, and what ended them. */
export interface IncidentEnds {
  readonly isOpen: (incident: string) => boolean;
  /** The event that ended an incident; null if it is not kept any more, or if there was none. */
  readonly endOf: (incident: OpenIncident) => TmuxEvent | null;
}

/** Finds the ends of incidents in a history. */
export function incidentEnds(isOpen: IncidentEnds['isOpen'], history: History): IncidentEnds {
  return {
    isOpen,
    endOf: (incident) => {
      const idJson = JSON.stringify(incident.id);
      // Only events that may end it are parsed.
      const logged = history
        .after(0)
        .filter(({ json }) => json.includes(`"incident":${idJson}`) || json.includes('"type":"server-unregistered"'));
      return logged.find((one) => ends(one, incident))?.event ?? null;
    },
  };
}

function ends({ event, seq }: LoggedEvent, { id, fired }: OpenIncident): boolean {
  const role = roleOf(event);
  if (role.kind === 'ends') return role.incident === id;
  return (
    role.kind === 'ends-all' && fired.some((problem) => problem.server?.name === role.server && seqOf(problem) < seq)
  );
}

function seqOf({ id }: TmuxEvent): number {
  return eventPlaceOf(id)?.seq ?? 0;
}
