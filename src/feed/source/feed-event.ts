import type { EventType, Severity } from '../../core/event/event.ts';
import { eventId, type LoggedEvent } from '../../core/event/event-log.ts';
import type { RetentionKey } from '../../core/event/retention.ts';
import type { FleetEvent } from '../../core/fleet/fleet-log.ts';

/** An event as the feed serves it. */
export interface FeedEvent {
  readonly seq: number;
  /** What a reader sends to continue after it. */
  readonly cursor: string;
  /** What its exporter is called in the fleet; null in the feed of one exporter. */
  readonly name: string | null;
  readonly type: EventType;
  readonly severity: Severity;
  /** The name of its server; null if it is about the whole machine. */
  readonly server: string | null;
  readonly level: RetentionKey['level'];
  readonly json: string;
}

/** An event of this exporter. It is parsed only if somebody asks for more than its JSON. */
export class LocalEvent implements FeedEvent {
  readonly name = null;
  readonly #logged: LoggedEvent;
  readonly #epoch: string;

  constructor(logged: LoggedEvent, epoch: string) {
    this.#logged = logged;
    this.#epoch = epoch;
  }

  get seq(): number {
    return this.#logged.seq;
  }

  get cursor(): string {
    return eventId(this.#epoch, this.#logged.seq);
  }

  get type(): EventType {
    return this.#logged.event.type;
  }

  get severity(): Severity {
    return this.#logged.event.severity;
  }

  get server(): string | null {
    return this.#logged.event.server?.name ?? null;
  }

  get level(): RetentionKey['level'] {
    return this.#logged.retention.level;
  }

  get json(): string {
    return this.#logged.json;
  }
}

/** An event of the fleet. It is never parsed: the log of the fleet gives what the feed needs. */
export function fleetEvent(event: FleetEvent): FeedEvent {
  const { seq, name, type, severity, server, json, retention } = event;
  return {
    seq,
    name,
    type,
    severity,
    server,
    json,
    level: retention.level,
    get cursor() {
      return event.cursor;
    },
  };
}
