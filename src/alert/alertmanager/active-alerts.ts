import type { KeptRows, OpenIncident } from '../../core/alert/outbox.ts';
import type { TmuxEvent } from '../../core/event/event.ts';
import { timeText } from '../../core/text.ts';
import { annotationsOf, fingerprintOf, type LabelSet, labelsOf, MOMENT_MS } from '../format/labels.ts';
import type { ChangeLog } from '../receiver/change-log.ts';
import { roleOf } from '../receiver/incident-role.ts';
import { passes } from '../receiver/interest.ts';
import type { Alertmanager } from '../receiver/receiver.ts';

/** How long a resolved alert is sent again, in milliseconds, as in Prometheus. */
const RESOLVED_MS = 15 * 60_000;

/** An Alertmanager resolves an alert that it has not received for this many intervals, as with Prometheus. */
const MISSED_SENDS = 4;

/** An alert in the form of `POST /api/v2/alerts`. */
export interface PostedAlert {
  readonly labels: LabelSet;
  readonly annotations: LabelSet;
  /** RFC 3339. */
  readonly startsAt: string;
  /** RFC 3339: in the future while it fires. */
  readonly endsAt: string;
  readonly generatorURL: string;
}

/** The alerts of one Alertmanager: the firing ones, and for a while the resolved ones. */
export class ActiveAlerts {
  readonly #settings: Alertmanager;
  readonly #log: ChangeLog;
  readonly #incidents: Map<string, OpenIncident>;

  constructor(settings: Alertmanager, { incidents }: KeptRows, log: ChangeLog) {
    this.#settings = settings;
    this.#log = log;
    this.#incidents = new Map(incidents.map((incident) => [incident.id, incident]));
  }

  /** Takes an event in. Returns whether an alert changed. */
  take(event: TmuxEvent, now: number): boolean {
    const role = roleOf(event);
    switch (role.kind) {
      case 'fires':
        return passes(this.#settings, event) && this.#fire(event, role.incident, now, null);
      case 'ends':
        return this.#end(({ id }) => id === role.incident, now);
      case 'ends-all':
        return this.#end(({ fired }) => fired.some(({ server }) => server?.name === role.server), now);
      case 'happens':
        return passes(this.#settings, event) && this.#fire(event, event.id, now, now + MOMENT_MS);
    }
  }

  /** Call it when the wall clock was set, so that alerts last as long as before. */
  move(stepMs: number): void {
    for (const incident of this.#incidents.values()) {
      const { toldAt, endedAt } = incident;
      this.#set({ ...incident, toldAt: toldAt + stepMs, endedAt: endedAt === null ? null : endedAt + stepMs });
    }
  }

  /** Ends incidents that are not open any more or lasted too long, and forgets those that ended long ago. Returns whether an alert changed. */
  tidy(isOpen: (incident: string) => boolean, now: number): boolean {
    for (const { id, endedAt } of this.#incidents.values())
      if (endedAt !== null && endedAt + RESOLVED_MS <= now) this.#forget(id);
    const isOver = ({ id, toldAt }: OpenIncident) => !isOpen(id) || toldAt + this.#settings.resolveAfterMs <= now;
    return this.#end(isOver, now);
  }

  /** The alerts to send now. Of several with the same labels, only the newest is sent. */
  list(now: number, generatorURL: string): PostedAlert[] {
    const ahead = now + MISSED_SENDS * this.#settings.resendMs;
    const alerts = [...this.#incidents.values()].flatMap(({ fired, endedAt }) =>
      fired.map((event): [string, PostedAlert] => {
        const labels = labelsOf(event);
        const endsAt = timeText(endedAt ?? ahead);
        // An Alertmanager refuses an alert that ends before it begins, which can happen after the clock was set back.
        const startsAt = timeText(Math.min(Date.parse(event.time), endedAt ?? now, now));
        const alert = { labels, annotations: annotationsOf(event), startsAt, endsAt, generatorURL };
        return [fingerprintOf(labels), alert];
      }),
    );
    return [...new Map(alerts).values()];
  }

  #fire(event: TmuxEvent, id: string, now: number, endedAt: number | null): boolean {
    const before = this.#incidents.get(id)?.fired ?? [];
    this.#incidents.delete(id);
    this.#set({ id, fired: [...before.filter(({ type }) => type !== event.type), event], toldAt: now, endedAt });
    return true;
  }

  #end(isOver: (incident: OpenIncident) => boolean, now: number): boolean {
    const over = [...this.#incidents.values()].filter((incident) => incident.endedAt === null && isOver(incident));
    for (const incident of over) this.#set({ ...incident, endedAt: now });
    return over.length > 0;
  }

  #set(incident: OpenIncident): void {
    this.#incidents.set(incident.id, incident);
    this.#log.put('incident', incident.id, incident);
  }

  #forget(id: string): void {
    this.#incidents.delete(id);
    this.#log.put('incident', id, null);
  }
}
