import type { EventDraft, TmuxEvent } from './event.ts';
import type { LoggedEvent } from './event-log.ts';
import type { FleetView } from './fleet.ts';
import { Graveyard } from './graveyard.ts';
import type { Journal, Memory, Remembered } from './journal.ts';
import { distinctName } from './name.ts';
import { goneNotice, rebootedNotice, registeredNotice, unreachableNotice, unregisteredNotice } from './notice.ts';
import type { Observation } from './observation.ts';
import { type Death, newRecord, restoredRecord, type ServerRecord } from './record.ts';
import { type LivingVerdict, pastOf, reduce } from './reduce.ts';
import {
  type DeregistrationResult,
  isStronger,
  type RefusedRegistration,
  type RegistrationResult,
  refuseBeside,
  refused,
  refuseTarget,
} from './registration.ts';
import type { GoneReason, Target } from './server.ts';
import { judge } from './verdict.ts';

/** What the registry tells of and what bounds it. */
export interface RegistryOptions {
  /** Keeps the events, and what is to be known after a restart. */
  readonly journal: Journal;
  /** Tells everybody of an event: right after the step in which it happened was stored, and in order. */
  readonly tell: (logged: LoggedEvent) => void;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly limits: () => RegistryLimits;
}

/** What bounds the registry: asked for anew each time. */
export interface RegistryLimits {
  readonly maxServers: number;
  /** How long `tmux_server_up 0` stays after a death. */
  readonly lingerMs: number;
}

/** The servers that are polled, and what outlives them. Everything known of a server is in its one record, so that deleting that is deleting all. */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #records = new Map<string, ServerRecord>();
  readonly #nameOfSocket = new Map<string, string>();
  readonly #graveyard: Graveyard;
  readonly #ignoredSockets = new Set<string>();
  #generations = 0;
  #untold: LoggedEvent[] = [];
  #view: FleetView | null = null;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#graveyard = new Graveyard({
      onKept: (tombstone) => this.#remember({ kind: 'tombstone', tombstone }),
      onForgotten: (name) => this.#remember({ kind: 'tombstone-dropped', name }),
    });
  }

  /** All registered servers: a copy, safe to iterate while servers come and go. */
  list(): readonly ServerRecord[] {
    return this.view().records;
  }

  get(name: string): ServerRecord | undefined {
    return this.#records.get(name);
  }

  /** The server registered for a socket path. */
  bySocket(socket: string): ServerRecord | undefined {
    const name = this.#nameOfSocket.get(socket);
    return name === undefined ? undefined : this.#records.get(name);
  }

  /** All that is known now; the same object until something changes. */
  view(): FleetView {
    this.#view ??= {
      records: [...this.#records.values()].sort((a, b) => compare(a.target.name, b.target.name)),
      tombstones: [...this.#graveyard.list()].sort((a, b) => compare(a.name, b.name)),
    };
    return this.#view;
  }

  /** Puts back what was known before we started, for the first look to find what became of it. Servers that are not configured any more go on as discovered ones. */
  restore(
    { servers, tombstones, bootId }: Remembered,
    present: { bootId: string | null; isConfigured: (target: Target) => boolean },
  ): void {
    this.#graveyard.restore(tombstones);
    this.#view = null;
    const rebooted = bootId !== null && present.bootId !== null && bootId !== present.bootId;
    this.#step(() => {
      for (const saved of servers)
        this.#store(restoredRecord(saved, ++this.#generations, rebooted, present.isConfigured));
      const lost = this.list().filter(({ life }) => life?.earlierBoot);
      if (lost.length > 0) this.#append(rebootedNotice(lost, bootId));
    });
  }

  /** Registers a server; again is free. A stronger registration takes the socket or the name of a weaker one; a discovered name that is taken gets a suffix. */
  register(target: Target): RegistrationResult {
    return this.#step(() => this.#register(target));
  }

  /** Deregisters a server on a person's word: with it go its deaths. Discovery does not bring it back where it is to `stayAway`. */
  deregister(name: string, stayAway: boolean): DeregistrationResult {
    return this.#step(() => this.#deregister(name, stayAway));
  }

  /** Commits one look in one step: judges it, tells of the change, and reaps the dead. A look that began under an older registration is thrown away. */
  apply(name: string, generation: number, observation: Observation): void {
    const record = this.#records.get(name);
    if (record?.generation === generation) this.#step(() => this.#commit(record, observation));
  }

  /** Ends the lingering of names that died long enough ago, and has stored what no event was stored with. */
  sweep(): void {
    this.#graveyard.endLingering(this.#options.now() - this.#options.limits().lingerMs);
    this.#options.journal.flush();
  }

  /** Stores what happens in `work` as one, then tells of it. */
  #step<T>(work: () => T): T {
    const result = this.#options.journal.step(work);
    const told = this.#untold;
    this.#untold = [];
    for (const logged of told) this.#options.tell(logged);
    return result;
  }

  #register(wanted: Target): RegistrationResult {
    const target = wanted.registration === 'discovered' ? this.#distinct(wanted) : wanted;
    const known = this.bySocket(target.socket);
    if (known && (known.target.name === target.name || target.registration === 'discovered')) {
      return { kind: 'unchanged', record: this.#strengthen(known, target) };
    }
    const rivals = [known, this.#records.get(target.name)].filter((rival) => rival !== undefined);
    const refusal = this.#refusal(target, rivals);
    if (refusal) return refusal;
    for (const rival of rivals) this.#remove(rival);
    return { kind: 'registered', record: this.#add(target) };
  }

  #deregister(name: string, stayAway: boolean): DeregistrationResult {
    const record = this.#records.get(name);
    if (!record && !this.#graveyard.get(name)) {
      return { kind: 'refused', code: 'unknown_server', message: `no server is registered as "${name}"` };
    }
    if (record && stayAway) this.#ignoredSockets.add(record.target.socket);
    if (record) this.#remove(record);
    this.#graveyard.forget(name);
    return { kind: 'deregistered' };
  }

  #commit(record: ServerRecord, observation: Observation): void {
    const verdict = judge(observation, pastOf(record));
    switch (verdict.kind) {
      case 'gone':
        this.#reap(record, verdict.reason, observation);
        return;
      case 'replaced':
        this.#settle(this.#reborn(this.#reap(record, verdict.reason, observation)), observation, { kind: 'up' });
        return;
      case 'displaced':
        this.#settle(this.#displaced(record), observation, { kind: 'up' });
        return;
      default:
        this.#settle(record, observation, verdict);
    }
  }

  #settle(record: ServerRecord, observation: Observation, verdict: LivingVerdict): void {
    const step = reduce(record, observation, verdict, this.#options.now());
    this.#store(step.record);
    for (const draft of step.events) this.#emit(step.record, draft);
    if (step.record.state === 'up') this.#graveyard.closeIncident(step.record.target.name);
  }

  /** The one place where a death is told and everything of the dead life is deleted: one event, and no trace but the tombstone. Gives the record of the server without a life. */
  #reap(record: ServerRecord, reason: GoneReason, observation: Observation): ServerRecord {
    const death: Death = { reason, at: this.#options.now() };
    const { name, registration } = record.target;
    this.#delete(record);
    const { incident } = this.#append(goneNotice(record, reason, observation, death.at));
    this.#graveyard.bury(name, death, incident, (other) => this.#records.has(other));
    const lifeless: ServerRecord = { ...this.#blank(record.target), state: 'gone', seenAlive: false, death };
    if (registration === 'static') this.#store(lifeless);
    return lifeless;
  }

  /** The life that lost its socket is told of, once; its incident ends with the life that took its place. */
  #displaced(record: ServerRecord): ServerRecord {
    if (record.unreachable !== 'socket_lost') this.#emit(record, unreachableNotice(record, 'socket_lost'));
    const incident = this.#records.get(record.target.name)?.incident ?? null;
    return { ...this.#blank(record.target), incident };
  }

  #reborn(lifeless: ServerRecord): ServerRecord {
    return this.#records.has(lifeless.target.name) ? lifeless : this.#add(lifeless.target);
  }

  #add(target: Target): ServerRecord {
    const record = this.#blank(target);
    this.#ignoredSockets.delete(target.socket);
    this.#store(record);
    this.#emit(record, registeredNotice(record));
    return record;
  }

  #blank(target: Target): ServerRecord {
    const incident = this.#graveyard.get(target.name)?.incident ?? null;
    return newRecord(target, ++this.#generations, this.#options.now(), incident);
  }

  #remove(record: ServerRecord): void {
    this.#delete(record);
    this.#emit(record, unregisteredNotice(record));
  }

  #emit(record: ServerRecord, draft: EventDraft): void {
    const { incident } = this.#append(draft);
    const current = this.#records.get(record.target.name);
    if (draft.incident === 'opens' && current) this.#store({ ...current, incident });
  }

  #append(draft: EventDraft): TmuxEvent {
    const logged = this.#options.journal.append(draft, this.#options.now());
    this.#untold.push(logged);
    return logged.event;
  }

  #strengthen(known: ServerRecord, { registration }: Target): ServerRecord {
    if (!isStronger(registration, known.target.registration)) return known;
    const record = { ...known, target: { ...known.target, registration } };
    this.#store(record);
    return record;
  }

  #distinct(target: Target): Target {
    const holder = this.#records.get(target.name);
    if (!holder || holder.target.socket === target.socket) return target;
    return { ...target, name: distinctName(target.name, target.socket) };
  }

  #refusal(target: Target, rivals: readonly ServerRecord[]): RefusedRegistration | null {
    if (target.registration === 'discovered' && this.#ignoredSockets.has(target.socket)) {
      return refused('ignored', `${target.socket} was deregistered by hand: register it by hand to have it back`);
    }
    const { maxServers } = this.#options.limits();
    if (rivals.length === 0 && this.#records.size >= maxServers) {
      return refused('limit', `${maxServers} servers are registered, no more are allowed (limits.servers)`);
    }
    const refusals = rivals.map((rival) => refuseBeside(target, rival.target));
    return refuseTarget(target) ?? refusals.find((refusal) => refusal !== null) ?? null;
  }

  #store(record: ServerRecord): void {
    this.#records.set(record.target.name, record);
    this.#nameOfSocket.set(record.target.socket, record.target.name);
    this.#remember(memoryOf(record));
  }

  #delete({ target }: ServerRecord): void {
    this.#records.delete(target.name);
    this.#nameOfSocket.delete(target.socket);
    this.#remember({ kind: 'server-dropped', name: target.name });
  }

  #remember(memory: Memory): void {
    this.#view = null;
    this.#options.journal.remember(memory);
  }
}

/** Of a server only a life, or a person's word, is worth keeping: a configured one comes back with the configuration. */
function memoryOf({ target, state, since, unreachable, incident, life, snapshot }: ServerRecord): Memory {
  if (life === null && target.registration !== 'api') return { kind: 'server-dropped', name: target.name };
  return { kind: 'server', server: { target, state, since, unreachable, incident, life, fresh: snapshot !== null } };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
