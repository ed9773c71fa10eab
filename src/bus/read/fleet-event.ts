import type { EventType, Severity, TmuxEvent } from '../../core/event/event.ts';
import { type RetentionKey, retentionKey, retentionLevel } from '../../core/event/retention.ts';
import type { FleetEvent } from '../../core/fleet/fleet-log.ts';
import type { EventMessage } from './event-message.ts';
import { checkOf, cursorText } from './fleet-cursor.ts';

/** Keys that are remembered. Many events share each. */
const MOST_KEYS = 50_000;

const NANOS_PER_MS = 1_000_000n;

/** The place of a message in the stream. */
export interface StoredAt {
  readonly seq: number;
  /** When the stream took it, in Unix nanoseconds. */
  readonly stored: bigint;
}

/** An event of the fleet. Only its JSON is kept: a parsed event takes three times the memory. */
export class KeptEvent implements FleetEvent {
  readonly seq: number;
  readonly name: string;
  readonly type: EventType;
  readonly severity: Severity;
  readonly retention: RetentionKey;
  readonly json: string;
  readonly #epoch: string;
  /** Its check in a cursor, as a number; -1 before it was asked for. */
  #check = -1;
  /** When the stream took it, in Unix nanoseconds. */
  readonly #stored: bigint;
  /** Sequences before it, since the log began to be read, that had no message any more. */
  readonly skipped: number;

  constructor(
    epoch: string,
    { seq, stored }: StoredAt,
    skipped: number,
    message: EventMessage,
    retention: RetentionKey,
  ) {
    this.#epoch = epoch;
    this.seq = seq;
    this.#stored = stored;
    this.skipped = skipped;
    this.name = retention.owner;
    this.type = message.type;
    this.severity = message.severity;
    this.retention = retention;
    this.json = message.json;
  }

  get storedAt(): number {
    return Number(this.#stored / NANOS_PER_MS);
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
    if (this.#check < 0) this.#check = Number.parseInt(checkOf(this.name, this.event.id, this.#stored), 16);
    return this.#check.toString(16).padStart(4, '0');
  }
}

/** Makes the retention keys of a fleet, in which each exporter is an owner: none pushes out events of another. Equal keys are one object. */
export class RetentionKeys {
  /** By exporter, server and level. */
  readonly #keys = new Map<string, Map<string, RetentionKey[]>>();
  #size = 0;

  of({ name, type, severity, server }: EventMessage): RetentionKey {
    const known = this.#ofServer(name, server ?? '');
    const level = retentionLevel(type, severity);
    const key = known.find((one) => one.level === level);
    if (key) return key;
    const made = retentionKey(type, severity, `${name}/${server ?? ''}`);
    known.push(made);
    this.#size++;
    return made;
  }

  #ofServer(name: string, server: string): RetentionKey[] {
    if (this.#size >= MOST_KEYS) this.#clear();
    const servers = this.#keys.get(name) ?? new Map<string, RetentionKey[]>();
    if (servers.size === 0) this.#keys.set(name, servers);
    const keys = servers.get(server) ?? [];
    if (keys.length === 0) servers.set(server, keys);
    return keys;
  }

  #clear(): void {
    this.#keys.clear();
    this.#size = 0;
  }
}
