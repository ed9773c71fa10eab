import type { EventType, Severity, TmuxEvent } from '../../core/event/event.ts';
import { type RetentionKey, retentionKey } from '../../core/event/retention.ts';
import type { FleetEvent } from '../../core/fleet/fleet-log.ts';
import type { EventMessage } from './event-message.ts';
import { checkOf, cursorText } from './fleet-cursor.ts';

/** Keys that are remembered. Many events share each. */
const MOST_KEYS = 50_000;

/** An event of the fleet. Only its JSON is kept: a parsed event takes three times the memory. */
export class KeptEvent implements FleetEvent {
  readonly seq: number;
  readonly name: string;
  readonly type: EventType;
  readonly severity: Severity;
  readonly retention: RetentionKey;
  readonly json: string;
  readonly #epoch: string;
  /** Its check in a cursor, as a number. */
  readonly #check: number;
  /** Sequences before it, since the log began to be read, that had no message any more. */
  readonly skipped: number;

  constructor(epoch: string, seq: number, skipped: number, message: EventMessage, retention: RetentionKey) {
    this.#epoch = epoch;
    this.seq = seq;
    this.skipped = skipped;
    this.name = retention.owner;
    this.type = message.type;
    this.severity = message.severity;
    this.retention = retention;
    this.json = message.json;
    this.#check = Number.parseInt(checkOf(message.name, message.id), 16);
  }

  get server(): string | null {
    return this.retention.server.slice(this.name.length + 1) || null;
  }

  get event(): TmuxEvent {
    return JSON.parse(this.json) as TmuxEvent;
  }

  get cursor(): string {
    return cursorText({ epoch: this.#epoch, seq: this.seq, check: this.check });
  }

  get check(): string {
    return this.#check.toString(16).padStart(4, '0');
  }
}

/** Makes the retention keys of a fleet, in which each exporter is an owner: none pushes out events of another. Equal keys are one object. */
export class RetentionKeys {
  readonly #keys = new Map<string, RetentionKey>();

  of({ name, type, severity, server }: EventMessage): RetentionKey {
    const key = retentionKey(type, severity, `${name}/${server ?? ''}`);
    const text = `${key.level} ${key.server}`;
    const known = this.#keys.get(text);
    if (known) return known;
    if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
    this.#keys.set(text, key);
    return key;
  }
}
