import type { Cooldown, KeptRows, Notice, OpenIncident } from '../../core/alert/outbox.ts';
import type { TmuxEvent } from '../../core/event/event.ts';
import type { ChangeLog } from './change-log.ts';
import type { IncidentEnds } from './incident-ends.ts';
import { roleOf } from './incident-role.ts';
import { passes } from './interest.ts';
import type { EventFilter } from './receiver.ts';

/** The most open incidents of a receiver; beyond that, the oldest are forgotten. */
export const MOST_INCIDENTS = 10_000;

/** A notice before it has a place in the queue. */
export type NoticeDraft = Omit<Notice, 'id' | 'queuedAt'>;

/** The settings of a receiver for its notices. Times are in milliseconds. */
export interface IncidentSettings extends EventFilter {
  readonly sendResolved: boolean;
  readonly repeatMs: number;
  readonly cooldownMs: number;
}

/** A cooldown that holds something back. */
type HoldingCooldown = Cooldown & { readonly held: NonNullable<Cooldown['held']> };

/** The incidents of one receiver: those it was notified of, and those that a cooldown suppresses. It decides which notices an event or the passing of time creates. */
export class Incidents {
  readonly #settings: IncidentSettings;
  readonly #log: ChangeLog;
  readonly #incidents: Map<string, OpenIncident>;
  readonly #cooldowns: Map<string, Cooldown>;
  readonly #isQueued: (event: string) => boolean;

  /** `isQueued` says whether a notice of an event, given by its id, waits for its delivery. */
  constructor(
    settings: IncidentSettings,
    { incidents, cooldowns }: KeptRows,
    log: ChangeLog,
    isQueued: (event: string) => boolean,
  ) {
    this.#settings = settings;
    this.#log = log;
    this.#isQueued = isQueued;
    this.#incidents = new Map(incidents.map((incident) => [incident.id, incident]));
    this.#cooldowns = new Map(cooldowns.map((cooldown) => [cooldown.key, cooldown]));
  }

  /** The number of open incidents that the receiver was notified of. */
  get open(): number {
    return this.#incidents.size;
  }

  /** The notices that an event creates, after those that were due before it. */
  take(event: TmuxEvent, now: number): NoticeDraft[] {
    return [...this.elapse(now), ...this.#take(event, now)];
  }

  /** The notices that are due now: those that a cooldown held back, and repeated ones. */
  elapse(now: number): NoticeDraft[] {
    return [...this.#endCooldowns(now), ...this.#repeat(now)];
  }

  /** When {@link Incidents.elapse} has the next notice, in Unix milliseconds; Infinity for never. */
  nextAt(): number {
    const cooldowns = [...this.#cooldowns.values()].map(({ until }) => until);
    const repeats = this.#settings.repeatMs > 0 ? [...this.#incidents.values()].map(({ toldAt }) => toldAt) : [];
    return Math.min(least(cooldowns), least(repeats) + this.#settings.repeatMs);
  }

  /** Call it when the wall clock was set, so that waiting times stay the same. */
  move(stepMs: number): void {
    for (const incident of [...this.#incidents.values()])
      this.#setIncident({ ...incident, toldAt: incident.toldAt + stepMs });
    for (const cooldown of this.#cooldowns.values()) this.#keep({ ...cooldown, until: cooldown.until + stepMs });
  }

  /**
   * Ends every incident that is over and still open here. Its end came before its dead letter was replayed, or while the receiver was
   * not configured. If its end is not known, it is forgotten, unless its problem still waits for delivery.
   */
  retain({ isOpen, endsOf }: IncidentEnds, now: number): NoticeDraft[] {
    const over = [...this.#incidents.values()].filter(({ id }) => !isOpen(id));
    const known = endsOf(over);
    const ends = over.flatMap(({ id, fired }) => {
      const end = known.get(id) ?? fired.findLast((event) => this.#isQueued(event.id));
      if (end) return this.#end(end, [id]);
      this.#forget(id);
      return [];
    });
    return [...ends, ...this.#stillOpen(ends, now)];
  }

  /** Removes events that the receiver never got. An incident without any other event is forgotten. What their cooldowns hold back is due now. */
  withdraw(events: readonly TmuxEvent[], now: number): void {
    const ids = new Set(events.map(({ id }) => id));
    for (const cooldown of [...this.#cooldowns.values()]) {
      if (cooldown.begunBy === null || !ids.has(cooldown.begunBy)) continue;
      if (cooldown.held) this.#keep({ ...cooldown, until: now, begunBy: null });
      else this.#drop(cooldown.key);
    }
    for (const incident of [...this.#incidents.values()]) {
      const fired = incident.fired.filter(({ id }) => !ids.has(id));
      if (fired.length === 0) this.#forget(incident.id);
      else if (fired.length < incident.fired.length) this.#setIncident({ ...incident, fired });
    }
  }

  /** Opens the incidents of notices that are delivered again, except those that another of them ends. */
  reopen(notices: readonly Notice[], now: number): void {
    for (const { status, event, ended } of notices) {
      for (const problem of ended) this.#forget(incidentOf(problem));
      if (status !== 'firing') continue;
      const id = incidentOf(event);
      const before = this.#incidents.get(id)?.fired ?? [];
      const fired = [...before.filter(({ type }) => type !== event.type), event];
      this.#setIncident({ id, fired, toldAt: now, endedAt: null });
    }
  }

  #take(event: TmuxEvent, now: number): NoticeDraft[] {
    const role = roleOf(event);
    switch (role.kind) {
      case 'fires':
        return passes(this.#settings, event) ? this.#fire(event, role.incident, now) : [];
      case 'ends':
        return this.#orInfo(event, this.#end(event, [role.incident]));
      case 'ends-all':
        return this.#orInfo(event, this.#end(event, this.#incidentsOf(role.server)));
      case 'happens':
        return this.#isHeld(role.incident) ? [] : this.#orInfo(event, []);
    }
  }

  #fire(event: TmuxEvent, incident: string, now: number): NoticeDraft[] {
    this.#overtake(incident);
    const cooldown = this.#cooldowns.get(keyOf(event));
    if (cooldown && now < cooldown.until) {
      const suppressed = cooldown.suppressed + (cooldown.held ? 1 : 0);
      this.#keep({ ...cooldown, suppressed, held: { fired: event, ended: null } });
      return [];
    }
    return this.#notify(event, incident, 0, now);
  }

  /** Reports a problem, after everything older about its server: a return must not seem to end this problem. */
  #notify(event: TmuxEvent, id: string, suppressed: number, now: number): NoticeDraft[] {
    const older = this.#endCooldowns(
      now,
      ({ held }) => held !== null && held.ended !== null && isSameServer(held.fired, event),
    );
    const before = this.#incidents.get(id)?.fired ?? [];
    const fired = [...before.filter(({ type }) => type !== event.type), event];
    this.#setIncident({ id, fired, toldAt: now, endedAt: null });
    this.#startCooldown(event, event, now);
    return [...older, { status: 'firing', reason: 'new', event, ended: [], suppressed }];
  }

  /** Ends incidents. Those that a cooldown holds back are reported later, beginning and end together. */
  #end(event: TmuxEvent, incidents: readonly string[]): NoticeDraft[] {
    return [...new Set(incidents)].flatMap((id): NoticeDraft[] => {
      const incident = this.#incidents.get(id);
      if (!incident) {
        for (const { held, ...cooldown } of this.#holding(id))
          this.#keep({ ...cooldown, held: { ...held, ended: event } });
        return [];
      }
      this.#overtake(id);
      this.#forget(id);
      if (!this.#settings.sendResolved) return [];
      return [{ status: 'resolved', reason: 'new', event, ended: incident.fired, suppressed: 0 }];
    });
  }

  /** Counts what a cooldown holds back of an incident as suppressed, because something later is reported. */
  #overtake(incident: string): void {
    for (const { suppressed, ...cooldown } of this.#holding(incident))
      this.#keep({ ...cooldown, suppressed: suppressed + 1, held: null });
  }

  #endCooldowns(now: number, isOver = ({ until }: Cooldown) => until <= now): NoticeDraft[] {
    return [...this.#cooldowns.keys()].flatMap((key) => {
      // One may have been ended, or started again, by another one's report.
      const cooldown = this.#cooldowns.get(key);
      return cooldown && isOver(cooldown) ? this.#endCooldown(cooldown, now) : [];
    });
  }

  #endCooldown({ key, held, suppressed, begunBy }: Cooldown, now: number): NoticeDraft[] {
    this.#drop(key);
    if (!held) return [];
    const { fired, ended } = held;
    const incident = incidentOf(fired);
    if (!ended) return this.#notify(fired, incident, suppressed, now);
    // The end alone would be the first that the receiver hears of the server.
    if (begunBy === null || this.#isQueued(begunBy))
      return [...this.#notify(fired, incident, suppressed, now), ...this.#end(ended, [incident])];
    if (!this.#settings.sendResolved) {
      this.#startCooldown(fired, fired, now);
      return [{ status: 'firing', reason: 'new', event: fired, ended: [], suppressed }];
    }
    this.#startCooldown(fired, ended, now);
    // The problem itself was suppressed, too.
    return [{ status: 'resolved', reason: 'new', event: ended, ended: [fired], suppressed: suppressed + 1 }];
  }

  #repeat(now: number): NoticeDraft[] {
    const { repeatMs } = this.#settings;
    if (repeatMs === 0) return [];
    const due = [...this.#incidents.values()].filter(({ toldAt }) => toldAt + repeatMs <= now);
    return due.flatMap((incident) => this.#again(incident, now));
  }

  /** Repeats the open problems of servers of which something older is ended late: that must not seem to end them. */
  #stillOpen(ends: readonly NoticeDraft[], now: number): NoticeDraft[] {
    const isMeant = ({ fired }: OpenIncident) =>
      fired.some((problem) => ends.some(({ event }) => isSameServer(event, problem)));
    return [...this.#incidents.values()].filter(isMeant).flatMap((incident) => this.#again(incident, now));
  }

  #again(incident: OpenIncident, now: number): NoticeDraft[] {
    this.#setIncident({ ...incident, toldAt: now });
    return incident.fired
      .slice(-1)
      .map((event) => ({ status: 'firing', reason: 'repeat', event, ended: [], suppressed: 0 }));
  }

  /** An event that ended no known incident is reported only if the receiver wants its type. */
  #orInfo(event: TmuxEvent, notices: NoticeDraft[]): NoticeDraft[] {
    if (notices.length > 0 || !passes(this.#settings, event)) return notices;
    return [{ status: 'info', reason: 'new', event, ended: [], suppressed: 0 }];
  }

  #isHeld(incident: string | null): boolean {
    if (incident === null || this.#incidents.has(incident)) return false;
    return this.#holding(incident).length > 0;
  }

  /** The cooldowns that hold back a problem of an incident. */
  #holding(incident: string): HoldingCooldown[] {
    return [...this.#cooldowns.values()].filter(isHolding).filter(({ held }) => incidentOf(held.fired) === incident);
  }

  #incidentsOf(server: string): string[] {
    const fired = [
      ...[...this.#incidents.values()].flatMap((incident) => incident.fired),
      ...[...this.#cooldowns.values()].flatMap(({ held }) => (held ? [held.fired] : [])),
    ];
    return fired.filter((event) => event.server?.name === server).map(incidentOf);
  }

  /** Starts the cooldown of a problem, with the notice of an event. */
  #startCooldown(problem: TmuxEvent, { id: begunBy }: TmuxEvent, now: number): void {
    const { cooldownMs } = this.#settings;
    if (cooldownMs > 0)
      this.#keep({ key: keyOf(problem), until: now + cooldownMs, begunBy, suppressed: 0, held: null });
  }

  #setIncident(incident: OpenIncident): void {
    this.#incidents.delete(incident.id);
    this.#incidents.set(incident.id, incident);
    this.#log.put('incident', incident.id, incident);
    const [oldest] = this.#incidents.keys();
    if (this.#incidents.size > MOST_INCIDENTS && oldest !== undefined) this.#forget(oldest);
  }

  #forget(id: string): void {
    if (this.#incidents.delete(id)) this.#log.put('incident', id, null);
  }

  #keep(cooldown: Cooldown): void {
    this.#cooldowns.set(cooldown.key, cooldown);
    this.#log.put('cooldown', cooldown.key, cooldown);
  }

  #drop(key: string): void {
    this.#cooldowns.delete(key);
    this.#log.put('cooldown', key, null);
  }
}

function isHolding(cooldown: Cooldown): cooldown is HoldingCooldown {
  return cooldown.held !== null;
}

function keyOf({ type, server }: TmuxEvent): string {
  return `${type} ${server?.name ?? ''}`;
}

function isSameServer(one: TmuxEvent, other: TmuxEvent): boolean {
  return one.server?.name === other.server?.name;
}

function incidentOf({ incident, id }: TmuxEvent): string {
  return incident ?? id;
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}
