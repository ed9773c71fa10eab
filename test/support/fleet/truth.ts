import type { EventType, TmuxEvent } from '../../../src/core/event/event.ts';

/** An event that an exporter of the fleet stored. */
export interface TrueEvent {
  /** Its id on its own host. */
  readonly id: string;
  readonly type: EventType;
  /** When it was stored, in milliseconds of `performance.now`. */
  readonly at: number;
}

/** What really happened in a fleet: the events of each exporter in their order, and those that the bus lost and got back. */
export class Truth {
  readonly #events = new Map<string, TrueEvent[]>();
  readonly #healed = new Map<string, number>();
  readonly #earlier = new Set<string>();
  #deaths = 0;

  /** The names of the exporters that have an event. */
  get names(): readonly string[] {
    return [...this.#events.keys()];
  }

  /** The number of deaths. */
  get deaths(): number {
    return this.#deaths;
  }

  /** The number of all events. */
  get size(): number {
    return [...this.#events.values()].reduce((sum, events) => sum + events.length, 0);
  }

  /** The events of an exporter, oldest first. */
  of(name: string): readonly TrueEvent[] {
    return this.#events.get(name) ?? [];
  }

  /** An exporter stored an event. */
  add(name: string, { id, type }: Pick<TmuxEvent, 'id' | 'type'>): void {
    const events = this.#events.get(name) ?? [];
    this.#events.set(name, events);
    events.push({ id, type, at: performance.now() });
    if (type === 'server-gone') this.#deaths++;
  }

  /** An exporter had stored an event before anybody listened. It is heard only if the bus loses it, and the exporter puts it back. */
  addEarlier(name: string, id: string): void {
    this.#earlier.add(keyOf(name, id));
  }

  /** Whether an event was stored before anybody listened. */
  isEarlier(name: string, id: string): boolean {
    return this.#earlier.has(keyOf(name, id));
  }

  /** An exporter put an event back that the bus had lost. */
  addHealed(name: string, id: string): void {
    this.#healed.set(keyOf(name, id), this.timesHealed(name, id) + 1);
  }

  /** How often an event was put back: as often, it may be heard again. */
  timesHealed(name: string, id: string): number {
    return this.#healed.get(keyOf(name, id)) ?? 0;
  }
}

/** The identity of an event in the fleet. The id alone is not one: hosts with copies of one store emit the same. */
export function keyOf(name: string, id: string): string {
  return `${name}:${id}`;
}
