import { type Clock, ClockSteps } from '../clock.ts';
import { statedCause } from '../death/cause.ts';
import type { HazardFinding } from '../death/hazard.ts';
import { judge } from '../death/verdict.ts';
import type { EventDraft, TmuxEvent } from '../event/event.ts';
import type { LoggedEvent } from '../event/event-log.ts';
import { distinctName } from '../model/name.ts';
import { type Answer, isSameProcess, type Observation, type ProcessMark } from '../model/observation.ts';
import { displacedTarget, type GoneReason, keyOfPlace, type Place, reachedBy, type Target } from '../model/server.ts';
import type { ServerProcesses } from '../process/server-processes.ts';
import { Graveyard } from '../record/graveyard.ts';
import {
  type Death,
  type FoundProcess,
  type Life,
  lifeOfProcess,
  movedRecord,
  newRecord,
  restoredRecord,
  type ServerRecord,
} from '../record/record.ts';
import {
  type DeregistrationResult,
  isStronger,
  type RefusedRegistration,
  type RegistrationResult,
  refuseBeside,
  refused,
  refuseTarget,
} from '../record/registration.ts';
import type { FleetView } from '../record/view.ts';
import {
  goneDraft,
  rebootedDraft,
  recoveredDraft,
  registeredDraft,
  unreachableDraft,
  unregisteredDraft,
} from '../wording/draft.ts';
import type { Journal, Memory, Remembered } from './journal.ts';
import { type LivingVerdict, pastOf, reduce } from './reduce.ts';

/** The sessions of a server with more are not stored one by one. */
const MOST_STORED_SESSIONS = 500;

/** What the registry tells of and what bounds it. */
export interface RegistryOptions {
  /** Keeps the events, and what is to be known after a restart. */
  readonly journal: Journal;
  /** Tells everybody of an event: right after the step in which it happened was stored, and in order. */
  readonly tell: (logged: LoggedEvent) => void;
  /** Told of a server that was reaped, as it was, once its death was told. */
  readonly onReaped?: (dead: ServerRecord, notice: TmuxEvent) => void;
  readonly clock: Clock;
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
  readonly #nameOfPlace = new Map<string, string>();
  readonly #graveyard: Graveyard;
  readonly #steps: ClockSteps;
  readonly #ignoredSockets = new Set<string>();
  #generations = 0;
  #untold: LoggedEvent[] = [];
  #reaped: { dead: ServerRecord; notice: TmuxEvent }[] = [];
  #isStepping = false;
  #view: FleetView | null = null;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#steps = new ClockSteps(options.clock);
    this.#graveyard = new Graveyard({
      clock: options.clock,
      onKept: (tombstone) => this.#remember({ kind: 'tombstone', tombstone }),
      onForgotten: (name) => this.#remember({ kind: 'tombstone-dropped', name }),
    });
  }

  /** All registered servers: a copy, safe to iterate while servers come and go. */
  list(): readonly ServerRecord[] {
    return this.view().records;
  }

  /** How many servers are registered. */
  get size(): number {
    return this.#records.size;
  }

  get(name: string): ServerRecord | undefined {
    return this.#records.get(name);
  }

  /** The server registered for a place. */
  at(place: Place): ServerRecord | undefined {
    const name = this.#nameOfPlace.get(keyOfPlace(place));
    return name === undefined ? undefined : this.#records.get(name);
  }

  /** The server that a process is. */
  ofProcess(process: ProcessMark): ServerRecord | undefined {
    return this.#find(() => true, process);
  }

  /** The living server to which a socket file leads. */
  ofFile(file: string): ServerRecord | undefined {
    return [...this.#records.values()].find(
      ({ life, target }) => target.displacedPid === undefined && life?.files.includes(file),
    );
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
        this.#takeUp(restoredRecord(saved, ++this.#generations, rebooted, present.isConfigured, this.#now()));
      const lost = this.list().filter(({ life }) => life !== null);
      if (rebooted && lost.length > 0) this.#append(rebootedDraft(lost, bootId));
    });
  }

  /**
   * Registers a server; again is free. A stronger registration takes the socket or the name of a weaker one; a discovered name that
   * is taken gets a suffix. `file` is the file of its socket: if that leads to a server already, it is that server.
   */
  register(target: Target, file: string | null = null): RegistrationResult {
    return this.#step(() => this.#register(target, file));
  }

  /** Lets a record be reached by another path, unless a record that is as strong has that. A look at the old path is thrown away. */
  move(name: string, socket: string): void {
    const record = this.#records.get(name);
    const rival = this.at({ socket });
    if (!record || (rival && !isStronger(record.target.registration, rival.target.registration))) return;
    this.#step(() => {
      if (rival) this.#remove(rival);
      this.#moved(record, socket);
    });
  }

  /** Takes up a running server of which only the process is known: its socket file is gone, or another server's. Again is free. */
  adopt(target: Target, process: FoundProcess): RegistrationResult {
    return this.#step(() => {
      const known = this.#find(() => true, process.mark);
      if (known) return { kind: 'unchanged', record: known };
      const result = this.#register(target, null);
      if (result.kind === 'refused' || result.record.life) return result;
      const record = { ...result.record, seenAlive: true, life: lifeOfProcess(process, this.#now()) };
      this.#store(record);
      return { kind: result.kind, record };
    });
  }

  /** Deregisters a server on a person's word: with it go its deaths. Discovery does not bring it back where it is to `stayAway`. */
  deregister(name: string, stayAway: boolean): DeregistrationResult {
    return this.#step(() => this.#deregister(name, stayAway));
  }

  /** Commits one look in one step: judges it, tells of the change, and reaps the dead. A look that began under an older registration is thrown away. */
  apply(name: string, generation: number, observation: Observation): void {
    this.#followClock();
    const record = this.#records.get(name);
    if (record?.generation === generation) this.#step(() => this.#commit(record, this.#dated(observation)));
  }

  /** Makes one step of all that happens in `work`: it is stored as one, and told after that. */
  together<T>(work: () => T): T {
    return this.#step(work);
  }

  /** Tells of something that changes nothing. */
  announce(draft: EventDraft): void {
    this.#step(() => this.#append(draft));
  }

  /** Keeps what is known of the dangers to a server. */
  noteHazards(name: string, generation: number, hazards: readonly HazardFinding[]): void {
    const record = this.#records.get(name);
    if (record?.generation === generation) this.#store({ ...record, hazards });
  }

  /** Keeps what the processes of a server use, for as long as we live ourselves. */
  noteProcesses(name: string, generation: number, processes: ServerProcesses | null): void {
    const record = this.#records.get(name);
    if (record?.generation !== generation || record.processes === processes) return;
    this.#records.set(name, { ...record, processes });
    this.#view = null;
  }

  /** Ends the lingering of names that died long enough ago, and has stored what no event was stored with. */
  sweep(): void {
    this.#followClock();
    this.#graveyard.endLingering(this.#options.limits().lingerMs);
    this.#options.journal.flush();
  }

  /** The wall clock may have been set: then it counts otherwise how long ago everything was. */
  #followClock(): void {
    const stepMs = this.#steps.take();
    if (stepMs !== 0) for (const record of this.list()) this.#store(movedRecord(record, stepMs));
  }

  #now(): number {
    return this.#options.clock.now();
  }

  /** A look with its instants in Unix milliseconds. */
  #dated(observation: Observation): Observation {
    const { clock } = this.#options;
    const difference = clock.now() - clock.uptime();
    const { startedAt, diedAt } = observation;
    const date = (at: number) => Math.round(at + difference);
    return { ...observation, startedAt: date(startedAt), diedAt: diedAt === null ? null : date(diedAt) };
  }

  /** Stores what happens in `work` as one, then tells of it; a step within another one is a part of that. */
  #step<T>(work: () => T): T {
    if (this.#isStepping) return work();
    this.#isStepping = true;
    let result: T;
    try {
      result = this.#options.journal.step(work);
    } finally {
      this.#isStepping = false;
    }
    const told = this.#untold;
    this.#untold = [];
    for (const logged of told) this.#options.tell(logged);
    const reaped = this.#reaped;
    this.#reaped = [];
    for (const { dead, notice } of reaped) this.#options.onReaped?.(dead, notice);
    return result;
  }

  #register(wanted: Target, file: string | null): RegistrationResult {
    const target = wanted.registration === 'discovered' ? this.#distinct(wanted) : wanted;
    const known = this.at(target) ?? (file === null ? undefined : this.ofFile(file));
    if (known && (known.target.name === target.name || target.registration === 'discovered')) {
      return { kind: 'unchanged', record: this.#strengthen(known, target) };
    }
    const rivals = [known, this.#records.get(target.name)].filter((rival) => rival !== undefined);
    const refusal = this.#refusal(target, rivals, known);
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

  /** One process can have been kept twice by an older version. */
  #takeUp(record: ServerRecord): void {
    const twin = this.#find(() => true, record.life?.process);
    if (twin) this.#remove(isFirst(twin, record) ? record : twin);
    this.#store(twin && isFirst(twin, record) ? twin : record);
  }

  #commit(record: ServerRecord, observation: Observation): void {
    if (this.#unite(record, observation)) return;
    const verdict = judge(observation, pastOf(record));
    this.#endDisplacement(record, observation);
    switch (verdict.kind) {
      case 'gone':
        this.#reap(record, verdict.reason, observation);
        return;
      case 'replaced':
        this.#settleNext(this.#reborn(this.#reap(record, verdict.reason, observation)), observation);
        return;
      case 'displaced':
        this.#displace(record);
        this.#settleNext(this.#blank(record.target), observation);
        return;
      default:
        this.#settle(record, observation, verdict);
    }
  }

  /**
   * A process that answers at two paths is one server: the stronger registration, else the older one. The other record goes, without
   * a death. Gives whether that was the one looked at.
   */
  #unite(record: ServerRecord, observation: Observation): boolean {
    const { answer } = observation;
    const isOtherLife = record.life && (record.life.earlierBoot || !isProcessOf(record, answer));
    if (answer.kind === 'failure' || isOtherLife) return false;
    const isOther = (other: ServerRecord) => other !== record && other.target.displacedPid === undefined;
    // A claim that cannot be proven is neither to hide a server, nor to take the place of one.
    const twin = answer.isProven ? this.#find(isOther, answer.process) : undefined;
    if (!twin?.life) return false;
    const isAlias = isFirst(twin, record);
    this.#remove(isAlias ? record : twin);
    if (!isAlias) return false;
    const { files } = twin.life;
    const known = answer.file === null || files.includes(answer.file) ? [] : [answer.file];
    const united = { ...twin, life: { ...twin.life, files: [...files, ...known] } };
    // Nothing answers at its own path: its socket was moved.
    if (hasLostPath(twin)) this.#settle(this.#moved(united, record.target.socket), observation, { kind: 'up' });
    else this.#store(united);
    return true;
  }

  #moved(record: ServerRecord, socket: string): ServerRecord {
    this.#nameOfPlace.delete(keyOfPlace(record.target));
    const moved = { ...record, target: reachedBy(record.target, socket), generation: ++this.#generations };
    this.#store(moved);
    return moved;
  }

  /** Another life has begun at the path of a record, unless it is one that is known by another path. */
  #settleNext(record: ServerRecord, observation: Observation): void {
    if (!this.#unite(record, observation)) this.#settle(record, observation, { kind: 'up' });
  }

  #settle(record: ServerRecord, observation: Observation, verdict: LivingVerdict): void {
    const step = reduce(record, observation, verdict, this.#now());
    this.#store(step.record);
    for (const draft of step.events) this.#emit(step.record, draft);
    if (step.record.state === 'up') this.#graveyard.closeIncident(step.record.target.name);
  }

  /** The one place where a death is told and everything of the dead life is deleted: one event, and no trace but the tombstone. Gives the record of the server without a life. */
  #reap(record: ServerRecord, reason: GoneReason, observation: Observation): ServerRecord {
    const cause = statedCause(reason, observation.evidence.watch);
    const death: Death = { reason, cause, at: this.#now() };
    const { name, registration } = record.target;
    this.#delete(record);
    const notice = this.#append(goneDraft(record, death, observation));
    this.#reaped.push({ dead: record, notice });
    this.#graveyard.bury(name, death, notice.incident, (other) => this.#records.has(other));
    const lifeless: ServerRecord = { ...this.#blank(record.target), state: 'gone', seenAlive: false, death };
    if (registration === 'static') this.#store(lifeless);
    return lifeless;
  }

  /** Another server was started over a living one: that goes on under a name of its own, known by its process alone, with its incident. */
  #displace(record: ServerRecord): void {
    if (!record.life || this.#find((other) => other !== record, record.life.process)) return;
    const target = displacedTarget(record.target, record.life.incarnation.pid);
    const displaced: ServerRecord = { ...record, target, generation: ++this.#generations, snapshot: null };
    this.#store({ ...displaced, state: 'unreachable', unreachable: 'socket_lost', since: this.#now() });
    if (record.unreachable !== 'socket_lost') this.#emit(displaced, unreachableDraft(displaced, 'socket_lost'));
  }

  /** A displaced life that answers again, at its path or at another, goes on there: under two names its death would be told twice. */
  #endDisplacement({ life }: ServerRecord, { answer }: Observation): void {
    if (answer.kind === 'failure' || isSameProcess(life?.process, answer.process)) return;
    const displaced = this.#find(({ target }) => target.displacedPid !== undefined, answer.process);
    if (!displaced?.life) return;
    this.#append(recoveredDraft(displaced, displaced.life, this.#now()));
    this.#remove(displaced);
  }

  #find(isMeant: (record: ServerRecord) => boolean, process: ProcessMark | null | undefined): ServerRecord | undefined {
    return [...this.#records.values()].find(
      (record) => isMeant(record) && isSameProcess(record.life?.process, process),
    );
  }

  #reborn(lifeless: ServerRecord): ServerRecord {
    return this.#records.has(lifeless.target.name) ? lifeless : this.#add(lifeless.target);
  }

  #add(target: Target): ServerRecord {
    const record = this.#blank(target);
    this.#ignoredSockets.delete(target.socket);
    this.#store(record);
    this.#emit(record, registeredDraft(record));
    return record;
  }

  #blank(target: Target): ServerRecord {
    const incident = this.#graveyard.get(target.name)?.incident ?? null;
    return newRecord(target, ++this.#generations, this.#now(), incident);
  }

  #remove(record: ServerRecord): void {
    this.#delete(record);
    this.#emit(record, unregisteredDraft(record));
  }

  #emit(record: ServerRecord, draft: EventDraft): void {
    const { incident } = this.#append(draft);
    const current = this.#records.get(record.target.name);
    if (draft.incident === 'opens' && current) this.#store({ ...current, incident });
  }

  #append(draft: EventDraft): TmuxEvent {
    const logged = this.#options.journal.append(draft, this.#now());
    this.#untold.push(logged);
    return logged.event;
  }

  #strengthen(known: ServerRecord, { registration, socket, given = socket }: Target): ServerRecord {
    if (!isStronger(registration, known.target.registration)) return known;
    const target = reachedBy({ ...known.target, given, registration }, known.target.socket);
    const record = { ...known, target };
    this.#store(record);
    return record;
  }

  #distinct(target: Target): Target {
    const holder = this.#records.get(target.name);
    if (!holder || holder.target.socket === target.socket) return target;
    return { ...target, name: distinctName(target.name, target.socket) };
  }

  #refusal(
    target: Target,
    rivals: readonly ServerRecord[],
    known: ServerRecord | undefined,
  ): RefusedRegistration | null {
    if (target.registration === 'discovered' && this.#ignoredSockets.has(target.socket)) {
      return refused('ignored', `${target.socket} was deregistered by hand: register it by hand to have it back`);
    }
    const { maxServers } = this.#options.limits();
    if (rivals.length === 0 && this.#records.size >= maxServers) {
      return refused('limit', `${maxServers} servers are registered, no more are allowed (limits.servers)`);
    }
    const refusals = rivals.map((rival) => refuseBeside(target, rival.target, rival === known));
    return refuseTarget(target) ?? refusals.find((refusal) => refusal !== null) ?? null;
  }

  #store(record: ServerRecord): void {
    this.#records.set(record.target.name, record);
    this.#nameOfPlace.set(keyOfPlace(record.target), record.target.name);
    this.#remember(memoryOf(record));
  }

  #delete({ target }: ServerRecord): void {
    this.#records.delete(target.name);
    this.#nameOfPlace.delete(keyOfPlace(target));
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
  const kept = life && withoutMany(life);
  return {
    kind: 'server',
    server: { target, state, since, unreachable, incident, life: kept, fresh: snapshot !== null },
  };
}

/** A list that is long and changes at each poll would be written anew each time. */
function withoutMany(life: Life): Life {
  return (life.sessions?.length ?? 0) > MOST_STORED_SESSIONS ? { ...life, sessions: null } : life;
}

function isProcessOf({ life }: ServerRecord, answer: Answer): boolean {
  return answer.kind === 'snapshot' && isSameProcess(life?.process, answer.process);
}

/** Which of two records of one process is the server: the stronger registration, else the older record. */
function isFirst(a: ServerRecord, b: ServerRecord): boolean {
  if (isStronger(a.target.registration, b.target.registration)) return true;
  return !isStronger(b.target.registration, a.target.registration) && a.generation < b.generation;
}

/** Whether nothing answers at the path of a server any more. */
export function hasLostPath({ failure }: ServerRecord): boolean {
  return failure?.reason === 'no_socket' || failure?.reason === 'refused';
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
