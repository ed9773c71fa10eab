import type { Clock } from '../clock.ts';
import type { EventDraft, TmuxEvent } from '../event/event.ts';
import type { LoggedEvent } from '../event/event-log.ts';
import { fitDraft } from '../event/fit-draft.ts';
import type { DatedObservation } from '../model/observation.ts';
import type { Target } from '../model/server.ts';
import { Graveyard } from '../record/graveyard.ts';
import { heirRecord, NOT_POLLED, newRecord, type ServerRecord } from '../record/record.ts';
import { Removals } from '../record/removals.ts';
import { registeredDraft, unregisteredDraft } from '../wording/draft.ts';
import type { Journal, Memory } from './journal.ts';
import { Records } from './records.ts';
import { type LivingVerdict, reduce } from './reduce.ts';

/** The journal, callbacks and clock of a ledger. */
export interface LedgerOptions {
  /** Stores the events, and what has to survive a restart. */
  readonly journal: Journal;
  /** Called for each event, in order, as soon as its step is stored. */
  readonly onEvent: (logged: LoggedEvent) => void;
  /** Called for each reaped server, with its last record, after its death was emitted. */
  readonly onReaped?: (dead: ServerRecord, gone: TmuxEvent) => void;
  /** Called when a life goes on as `record` after it was called `former`: it has another name, or its path leads to another server now. Called before the events of that are emitted. */
  readonly onRenamed?: (former: string, record: ServerRecord) => void;
  readonly clock: Clock;
}

/** The records of the servers and of their deaths. They change in steps: what changes in one is stored together, and its events are emitted after that. */
export class Ledger {
  readonly records: Records;
  readonly graveyard: Graveyard;
  readonly removals = new Removals();
  readonly #options: LedgerOptions;
  readonly #onChanged: () => void;
  #generations = 0;
  /** What to report of the present step, in order. */
  #reports: (() => void)[] = [];
  #reaped: { dead: ServerRecord; gone: TmuxEvent }[] = [];
  #isStepping = false;

  /** `onChanged` is called for each change of a record or of a death. */
  constructor(options: LedgerOptions, onChanged: () => void) {
    this.#options = options;
    this.#onChanged = onChanged;
    this.records = new Records((memory) => this.#remember(memory));
    this.graveyard = new Graveyard({
      clock: options.clock,
      onKept: (tombstone) => this.#remember({ kind: 'tombstone', tombstone }),
      onForgotten: (name) => this.#remember({ kind: 'tombstone-dropped', name }),
    });
  }

  /** Unix milliseconds. */
  now(): number {
    return this.#options.clock.now();
  }

  /** A generation that no record had before. */
  nextGeneration(): number {
    return ++this.#generations;
  }

  /** Stores all changes of `work` together, then emits the events. A step within another one becomes part of it. */
  step<T>(work: () => T): T {
    if (this.#isStepping) return work();
    this.#isStepping = true;
    let result: T;
    try {
      result = this.#options.journal.step(work);
    } finally {
      this.#isStepping = false;
    }
    const reports = this.#reports;
    this.#reports = [];
    for (const report of reports) report();
    const reaped = this.#reaped;
    this.#reaped = [];
    for (const { dead, gone } of reaped) this.#options.onReaped?.(dead, gone);
    return result;
  }

  /** Stores the changes that no event carried. */
  flush(): void {
    this.#options.journal.flush();
  }

  store(record: ServerRecord): void {
    this.records.store(record);
    this.removals.forget(record);
  }

  /** A record of a server of which nothing is known yet. */
  blank(target: Target): ServerRecord {
    const incident = this.graveyard.get(target.name)?.incident ?? null;
    return newRecord(target, this.nextGeneration(), this.now(), incident);
  }

  /** Registers a target. `foundFile` is the key of the socket file at its path. */
  add(target: Target, foundFile: string | null = null): ServerRecord {
    const record = { ...this.blank(target), foundFile };
    this.#enter(record);
    return record;
  }

  /** Removes a server. That is no death. */
  remove(record: ServerRecord): void {
    this.records.delete(record);
    this.emit(record, unregisteredDraft(record));
  }

  /** Registers a target in place of `former`. The life goes on: without it, a death at this moment would not be reported. */
  rename(former: ServerRecord, target: Target): ServerRecord {
    const heir = heirRecord(this.blank(target), former);
    this.records.delete(former);
    this.reportRenamed(former.target.name, heir);
    this.emit(former, unregisteredDraft(former, target.name));
    this.#enter(heir);
    return heir;
  }

  /** Gives a record another path. A running poll of the former path is discarded. */
  move(record: ServerRecord, target: Target): ServerRecord {
    this.records.leave(record.target);
    const movedAt = this.#options.clock.uptime();
    const moved = { ...record, ...NOT_POLLED, movedAt, target, generation: this.nextGeneration(), foundFile: null };
    this.store(moved);
    return moved;
  }

  /** Takes the result of a poll of a living server into its record, and emits the events of that. */
  update(record: ServerRecord, observation: DatedObservation, verdict: LivingVerdict): void {
    const polled = { ...record, polledFrom: observation.span.from };
    const next = reduce(polled, observation, verdict, this.now());
    this.store(next.record);
    for (const draft of next.events) this.emit(next.record, draft);
    if (next.record.state === 'up') this.graveyard.closeIncident(next.record.target.name);
  }

  /** Emits an event about a server. If it opens an incident, the record has it from then on. */
  emit(record: ServerRecord, draft: EventDraft): void {
    const { incident } = this.append(draft);
    const current = this.records.get(record.target.name);
    if (draft.incident === 'opens' && current) this.store({ ...current, incident });
  }

  /** Emits an event that changes no record. */
  append(draft: EventDraft): TmuxEvent {
    const logged = this.#options.journal.append(fitDraft(draft), this.now());
    this.#reports.push(() => this.#options.onEvent(logged));
    return logged.event;
  }

  /** Reports, in its turn, that the life of a name goes on as another record, which may have the same name. */
  reportRenamed(former: string, record: ServerRecord): void {
    this.#reports.push(() => this.#options.onRenamed?.(former, record));
  }

  /** Reports a reaped server after all events of the step. */
  reportReaped(dead: ServerRecord, gone: TmuxEvent): void {
    this.#reaped.push({ dead, gone });
  }

  #enter(record: ServerRecord): void {
    this.store(record);
    this.emit(record, registeredDraft(record));
  }

  #remember(memory: Memory | null): void {
    this.#onChanged();
    if (memory !== null) this.#options.journal.remember(memory);
  }
}
