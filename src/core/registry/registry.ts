import { type Clock, ClockSteps } from '../clock.ts';
import { statedCause } from '../death/cause.ts';
import type { HazardFinding } from '../death/hazard.ts';
import { judge, MOST_UNDECIDED } from '../death/verdict.ts';
import type { EventDraft, TmuxEvent } from '../event/event.ts';
import type { LoggedEvent } from '../event/event-log.ts';
import { fitDraft } from '../event/fit-draft.ts';
import { distinctName } from '../model/name.ts';
import { type Answer, isSameProcess, type Observation, type ProcessMark } from '../model/observation.ts';
import {
  displacedTarget,
  type GoneReason,
  isSameIncarnation,
  keyOfPlace,
  type Place,
  reachedBy,
  type Target,
} from '../model/server.ts';
import type { ServerProcesses } from '../process/server-processes.ts';
import { circleFrom } from '../record/exchange.ts';
import { Graveyard } from '../record/graveyard.ts';
import {
  type Death,
  type FoundProcess,
  heirRecord,
  type Life,
  lifeOfProcess,
  movedRecord,
  newRecord,
  pidOf,
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
import { isKnownByProcessAlone, isRelocated, type PidSpace, relocated } from '../record/relocation.ts';
import { Removals } from '../record/removals.ts';
import { findRoom } from '../record/room.ts';
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

/** The dependencies, callbacks and limits of a registry. */
export interface RegistryOptions {
  /** Stores the events, and what has to survive a restart. */
  readonly journal: Journal;
  /** Called for each event, in order, as soon as its step is stored. */
  readonly onEvent: (logged: LoggedEvent) => void;
  /** Called for each reaped server, with its last record, after its death was emitted. */
  readonly onReaped?: (dead: ServerRecord, gone: TmuxEvent) => void;
  /** Called when a life goes on as `record`, under another name than `former`, before the events of that are emitted. */
  readonly onRenamed?: (former: string, record: ServerRecord) => void;
  readonly clock: Clock;
  readonly limits: () => RegistryLimits;
}

type SnapshotAnswer = Extract<Answer, { kind: 'snapshot' }>;

/** The limits of the registry. They are read each time, because a reload can change them. */
export interface RegistryLimits {
  readonly maxServers: number;
  /** How long `tmux_server_up 0` is shown after a death. */
  readonly lingerMs: number;
}

/** The registered servers, and the deaths of former ones. Everything known about a server is in its one record, so deleting the record forgets everything. */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #records = new Map<string, ServerRecord>();
  readonly #nameOfPlace = new Map<string, string>();
  readonly #graveyard: Graveyard;
  readonly #steps: ClockSteps;
  readonly #removals = new Removals();
  #generations = 0;
  /** What to report of the present step, in order. */
  #reports: (() => void)[] = [];
  #reaped: { dead: ServerRecord; gone: TmuxEvent }[] = [];
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

  /** All registered servers, as a copy that is safe to iterate while servers come and go. */
  list(): readonly ServerRecord[] {
    return this.view().records;
  }

  /** Number of registered servers. */
  get size(): number {
    return this.#records.size;
  }

  get(name: string): ServerRecord | undefined {
    return this.#records.get(name);
  }

  /** Whether a person deregistered a configured server, and nobody has registered it again. */
  isRemoved(target: Target): boolean {
    return this.#removals.has(target);
  }

  /** The server registered for a place. */
  at(place: Place): ServerRecord | undefined {
    const name = this.#nameOfPlace.get(keyOfPlace(place));
    return name === undefined ? undefined : this.#records.get(name);
  }

  /** The server whose process has this mark. */
  ofProcess(process: ProcessMark): ServerRecord | undefined {
    return this.#find(() => true, process);
  }

  /** The living server that a socket file leads to. */
  ofFile(file: string): ServerRecord | undefined {
    for (const record of this.#records.values())
      if (record.target.displacedPid === undefined && record.life?.files.includes(file)) return record;
    return undefined;
  }

  /** The present view; the same object until something changes. */
  view(): FleetView {
    this.#view ??= {
      records: [...this.#records.values()].sort((a, b) => compare(a.target.name, b.target.name)),
      tombstones: [...this.#graveyard.list()].sort((a, b) => compare(a.name, b.name)),
    };
    return this.#view;
  }

  /** Restores what was stored before the exporter started; the first poll finds out what has happened since. Servers that are no longer configured become discovered ones. */
  restore(
    { servers, tombstones, ...stored }: Remembered,
    present: PidSpace & {
      isConfigured: (target: Target) => boolean;
      /** The key of the socket file at a path; null if there is none. */
      fileAt: (socket: string) => string | null;
    },
  ): void {
    this.#graveyard.restore(tombstones);
    this.#view = null;
    const { bootId } = stored;
    const rebooted = bootId !== null && present.bootId !== null && bootId !== present.bootId;
    const isMoved = isRelocated(stored, present);
    this.#step(() => {
      for (const saved of isMoved ? servers.map(relocated) : servers) {
        const record = restoredRecord(saved, ++this.#generations, rebooted, present.isConfigured, this.#now());
        this.#takeUp({ ...record, foundFile: present.fileAt(record.target.socket) });
      }
      if (isMoved) for (const record of this.list().filter(isKnownByProcessAlone)) this.#loseSight(record);
      const lost = this.list().filter(({ life }) => life !== null);
      if (rebooted && lost.length > 0) this.#append(rebootedDraft(lost, bootId));
    });
  }

  /**
   * Registers a server. Registering it again changes nothing. A stronger registration takes the socket or the name of a weaker one;
   * a discovered name that is taken gets a suffix. `file` is the key of its socket file: if a server is known by it, it is the same.
   */
  register(target: Target, file: string | null = null): RegistrationResult {
    return this.#step(() => this.#register(target, file));
  }

  /**
   * Moves a record to another socket path, unless a record that is as strong has that path. A life that is known there goes on.
   * A running poll of the old path is discarded. `given` is the path of its entry, if that is another one now.
   */
  move(name: string, socket: string, given?: string): void {
    const record = this.#records.get(name);
    const rival = this.at({ socket });
    if (!record || (rival && !isStronger(record.target.registration, rival.target.registration))) return;
    const target = reachedBy(given === undefined ? record.target : { ...record.target, given }, socket);
    this.#step(() => this.#moveOver(record, target, rival));
  }

  /** Registers a running server of which only the process is known, because its socket file is gone or belongs to another server. Doing it again changes nothing. */
  adopt(target: Target, process: FoundProcess): RegistrationResult {
    return this.#step(() => {
      const known = this.#find(() => true, process.mark);
      if (known) return { kind: 'unchanged', record: known };
      const result = this.#removals.refuse(target, process.mark) ?? this.#register(target, null);
      if (result.kind === 'refused' || result.record.life) return result;
      const record = { ...result.record, seenAlive: true, life: lifeOfProcess(process, this.#now()) };
      this.#store(record);
      return { kind: result.kind, record };
    });
  }

  /** Deregisters a server and drops its deaths, because a person asked for it. If `stayAway` is set, discovery does not register it again. */
  deregister(name: string, stayAway: boolean): DeregistrationResult {
    return this.#step(() => this.#deregister(name, stayAway));
  }

  /** Makes a living server a discovered one, because it is not configured any more. One that does not live is deregistered. */
  release(name: string): void {
    const record = this.#records.get(name);
    if (record?.seenAlive)
      this.#step(() => this.#store({ ...record, target: { ...record.target, registration: 'discovered' } }));
    else this.deregister(name, false);
  }

  /** Applies the result of one poll in one step: decides the verdict, emits events, and reaps a dead server. A result of an older registration is discarded. */
  apply(name: string, generation: number, observation: Observation): void {
    this.#followClock();
    const record = this.#records.get(name);
    if (record?.generation === generation) this.#step(() => this.#commit(record, this.#dated(observation)));
  }

  /** Runs `work` as one step: its changes are stored together, and its events are emitted after that. */
  together<T>(work: () => T): T {
    return this.#step(work);
  }

  /** Emits an event that changes no record. */
  announce(draft: EventDraft): void {
    this.#step(() => this.#append(draft));
  }

  /** Puts the dangers to a server into its record. */
  noteHazards(name: string, generation: number, hazards: readonly HazardFinding[]): void {
    const record = this.#records.get(name);
    if (record?.generation === generation) this.#store({ ...record, hazards });
  }

  /** Puts what the processes of a server use into its record. It is not stored over a restart. */
  noteProcesses(name: string, generation: number, processes: ServerProcesses | null): void {
    const record = this.#records.get(name);
    if (record?.generation !== generation || record.processes === processes) return;
    this.#records.set(name, { ...record, processes });
    this.#view = null;
  }

  /** Ends the lingering of names that died long enough ago, and flushes pending changes that no event carried. */
  sweep(): void {
    this.#followClock();
    this.#graveyard.endLingering(this.#options.limits().lingerMs);
    this.#options.journal.flush();
  }

  /** Moves all times if the wall clock was set, so that they stay as long ago as they were. */
  #followClock(): void {
    const stepMs = this.#steps.take();
    if (stepMs !== 0) for (const record of this.list()) this.#store(movedRecord(record, stepMs));
  }

  #now(): number {
    return this.#options.clock.now();
  }

  /** The observation with its times in Unix milliseconds. */
  #dated(observation: Observation): Observation {
    const { clock } = this.#options;
    const difference = clock.now() - clock.uptime();
    const { startedAt, diedAt } = observation;
    const date = (at: number) => Math.round(at + difference);
    return { ...observation, startedAt: date(startedAt), diedAt: diedAt === null ? null : date(diedAt) };
  }

  /** Stores all changes of `work` together, then emits the events. A step within another one becomes part of it. */
  #step<T>(work: () => T): T {
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

  /** Moves a record to a path that may be that of a rival. The life of the rival becomes that of a record without one; otherwise it goes on without its path. */
  #moveOver(record: ServerRecord, target: Target, rival: ServerRecord | undefined): void {
    if (!rival) this.#moved(record, target);
    else if (!record.life && rival.life) {
      this.#delete(record);
      this.#rename(rival, target);
    } else {
      this.#givePathUp(rival);
      this.#moved(record, target);
    }
  }

  /** Another server has the path of this one now, so from now on only its process identifies it. The next poll shows whether it is alive. */
  #givePathUp(record: ServerRecord): void {
    const { life, target } = record;
    const isKnownTwice = this.#find((other) => other !== record, life?.process) !== undefined;
    if (!life?.process || isKnownTwice) this.#remove(record);
    else this.#rename(record, this.#distinct(displacedTarget(target, pidOf(life))));
  }

  #register(wanted: Target, file: string | null): RegistrationResult {
    const target = wanted.registration === 'discovered' ? this.#distinct(wanted) : wanted;
    const known = this.at(target) ?? (file === null ? undefined : (this.ofFile(file) ?? this.#foundAt(file)));
    if (known && (known.target.name === target.name || target.registration === 'discovered')) {
      return { kind: 'unchanged', record: this.#strengthen(known, target) };
    }
    const rivals = [known, this.#records.get(target.name)].filter((rival) => rival !== undefined);
    const refusal = this.#refusal(target, rivals, known);
    if (refusal) return refusal;
    if (rivals.length === 0) this.#makeRoom(target);
    return { kind: 'registered', record: this.#replace(target, file, known) };
  }

  /** The server whose path led to a socket file before its first poll. */
  #foundAt(file: string): ServerRecord | undefined {
    for (const record of this.#records.values())
      if (record.foundFile === file && record.target.displacedPid === undefined) return record;
    return undefined;
  }

  /** Registers a target that takes its name from another server, and its socket and its life from `known`. */
  #replace(target: Target, file: string | null, known: ServerRecord | undefined): ServerRecord {
    const namesake = this.#records.get(target.name);
    if (namesake) this.#giveUpName(namesake);
    return known ? this.#rename(known, target) : this.#add(target, file);
  }

  /** If the name of a living server was given to another one, the living server continues as a discovered one whose name is taken. */
  #giveUpName(record: ServerRecord): void {
    if (record.life === null) this.#remove(record);
    else this.#rename(record, { ...record.target, name: this.#freeName(record.target), registration: 'discovered' });
  }

  #freeName({ name, socket }: Target): string {
    let free = distinctName(name, socket);
    while (this.#records.has(free)) free = distinctName(name, free);
    return free;
  }

  /** Registers a target in place of `former`. The life goes on: without it, a death at this moment would not be reported. */
  #rename(former: ServerRecord, target: Target): ServerRecord {
    const heir = heirRecord(this.#blank(target), former);
    this.#delete(former);
    this.#reports.push(() => this.#options.onRenamed?.(former.target.name, heir));
    this.#emit(former, unregisteredDraft(former, target.name));
    this.#enter(heir);
    return heir;
  }

  #deregister(name: string, stayAway: boolean): DeregistrationResult {
    const record = this.#records.get(name);
    if (!record && !this.#graveyard.get(name)) {
      return { kind: 'refused', code: 'unknown_server', message: `no server is registered as "${name}"` };
    }
    if (record) this.#remove(record);
    if (record && stayAway) this.#removals.add(record);
    this.#graveyard.forget(name);
    return { kind: 'deregistered' };
  }

  /** Stores a restored record. An older version may have stored one process twice: then only one is kept. */
  #takeUp(record: ServerRecord): void {
    const twin = this.#find(() => true, record.life?.process);
    if (twin) this.#remove(isFirst(twin, record) ? record : twin);
    this.#store(twin && isFirst(twin, record) ? twin : record);
  }

  /** Forgets a life of which nothing can be known any more. That is no death. */
  #loseSight(record: ServerRecord): void {
    const { target, incident } = record;
    if (target.registration === 'discovered') this.#remove(record);
    else this.#store({ ...this.#blank(target), incident });
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
        this.#updateOrUnite(this.#reborn(this.#reap(record, verdict.reason, observation)), observation);
        return;
      case 'displaced':
        if (this.#isUndecided(record, observation) || this.#mayBeExchanged(record, observation)) return;
        this.#displace(record, observation.startedAt);
        this.#updateOrUnite(this.#blank(record.target), observation);
        return;
      case 'unreachable':
        if (verdict.cause === 'socket_lost' && this.#hasFollowed(record)) return;
        this.#update(record, observation, verdict);
        return;
      default:
        this.#update(record, observation, verdict);
    }
  }

  /** Whether another registered server seems to answer at a path, and the next polls have yet to prove it. For some polls in a row only. */
  #isUndecided(record: ServerRecord, { answer }: Observation): boolean {
    if (answer.kind === 'failure' || record.undecided >= MOST_UNDECIDED) return false;
    const isOther = (other: ServerRecord) => other !== record && other.target.displacedPid === undefined;
    if (!this.#find(isOther, answer.undecided)) return false;
    this.#store({ ...record, undecided: record.undecided + 1 });
    return true;
  }

  /**
   * Whether another registered server was found at a path, and the polls of the others have yet to show if the sockets were
   * exchanged. If they were, each server keeps its name. At the second poll in a row it counts as displaced.
   */
  #mayBeExchanged(record: ServerRecord, { answer }: Observation): boolean {
    if (answer.kind === 'failure' || !answer.isProven || isSameProcess(record.leadsTo, answer.process)) return false;
    const other = this.#find(({ target }) => target.displacedPid === undefined, answer.process);
    if (!other || hasLostPath(other)) return false;
    const noted: ServerRecord = { ...record, leadsTo: answer.process };
    this.#store(noted);
    this.#rotate(circleFrom(noted, [...this.#records.values()]) ?? []);
    return true;
  }

  /** Gives each server of a circle the path that leads to it: that of the one before. */
  #rotate(circle: readonly ServerRecord[]): void {
    for (const { target } of circle) this.#nameOfPlace.delete(keyOfPlace(target));
    let { socket } = circle.at(-1)?.target ?? { socket: '' };
    for (const record of circle) {
      const target = reachedBy(record.target, socket);
      socket = record.target.socket;
      this.#store({ ...record, target, generation: ++this.#generations, leadsTo: null });
    }
  }

  /** If the socket of a server was moved over that of another, which is displaced by that, the server follows. Returns whether it was so. */
  #hasFollowed(record: ServerRecord): boolean {
    const other = this.list().find(({ leadsTo }) => isSameProcess(leadsTo, record.life?.process));
    if (!other || other === record) return false;
    this.#displace(other, other.life?.lastSeenAt ?? this.#now());
    this.#remove(other);
    this.#moved(record, reachedBy(record.target, other.target.socket));
    return true;
  }

  /**
   * Unites two records of one server that answers at two paths. The stronger registration stays, or else the older one; the other
   * is removed without a death. Returns whether `record` was removed.
   */
  #unite(record: ServerRecord, observation: Observation): boolean {
    const { answer } = observation;
    const isOtherLife = record.life && (record.life.earlierBoot || !isLifeOf(record.life, answer));
    if (answer.kind === 'failure' || isOtherLife) return false;
    const twin = this.#twinOf(record, answer);
    if (!twin?.life) return false;
    const isAlias = isFirst(twin, record);
    this.#remove(isAlias ? record : twin);
    if (!isAlias) return false;
    const { files } = twin.life;
    const known = answer.file === null || files.includes(answer.file) ? [] : [answer.file];
    const united = { ...twin, life: { ...twin.life, files: [...files, ...known] } };
    // Nothing answers at its own path, so its socket was moved.
    if (!hasLostPath(twin)) this.#store(united);
    else this.#update(this.#moved(united, reachedBy(twin.target, record.target.socket)), observation, { kind: 'up' });
    return true;
  }

  /** The other record of a server that answers. A claim that cannot be proven must neither hide a server nor take its place, so only its socket file counts then. */
  #twinOf(record: ServerRecord, answer: SnapshotAnswer): ServerRecord | undefined {
    const isOther = (other: ServerRecord) => other !== record && other.target.displacedPid === undefined;
    const proven = answer.isProven ? this.#find(isOther, answer.process) : undefined;
    // A server that answers as before was compared then.
    if (proven || isSameSocket(record, answer)) return proven;
    for (const other of this.#records.values()) if (isOther(other) && isSameSocket(other, answer)) return other;
    return undefined;
  }

  #moved(record: ServerRecord, target: Target): ServerRecord {
    this.#nameOfPlace.delete(keyOfPlace(record.target));
    const moved = { ...record, target, generation: ++this.#generations, foundFile: null };
    this.#store(moved);
    return moved;
  }

  /** Applies the answer of another life at the path of a record, unless that life is already known by another path. */
  #updateOrUnite(record: ServerRecord, observation: Observation): void {
    if (!this.#unite(record, observation)) this.#update(record, observation, { kind: 'up' });
  }

  #update(record: ServerRecord, observation: Observation, verdict: LivingVerdict): void {
    const next = reduce(record, observation, verdict, this.#now());
    this.#store(next.record);
    for (const draft of next.events) this.#emit(next.record, draft);
    if (next.record.state === 'up') this.#graveyard.closeIncident(next.record.target.name);
  }

  /** The one place that reports a death and deletes the record of the dead life. Only the event and the tombstone stay. Returns the record of the server without a life. */
  #reap(record: ServerRecord, reason: GoneReason, observation: Observation): ServerRecord {
    const cause = statedCause(reason, observation.evidence.watch);
    const death: Death = { reason, cause, at: this.#now() };
    const { name, registration } = record.target;
    this.#delete(record);
    const gone = this.#append(goneDraft(record, death, observation));
    this.#reaped.push({ dead: record, gone });
    this.#graveyard.bury(name, death, gone.incident, (other) => this.#records.has(other));
    const lifeless: ServerRecord = { ...this.#blank(record.target), state: 'gone', seenAlive: false, death };
    if (registration === 'static') this.#store(lifeless);
    return lifeless;
  }

  /** Another server was started at the path of a living one. The living one keeps its incident and continues under a new name, identified by its process alone. */
  #displace(record: ServerRecord, lastSeenAt: number): void {
    if (!record.life || this.#find((other) => other !== record, record.life.process)) return;
    const target = this.#distinct(displacedTarget(record.target, pidOf(record.life)));
    const life = { ...record.life, lastSeenAt };
    const displaced: ServerRecord = { ...record, target, generation: ++this.#generations, life, snapshot: null };
    this.#reports.push(() => this.#options.onRenamed?.(record.target.name, displaced));
    this.#store({ ...displaced, state: 'unreachable', unreachable: 'socket_lost', since: this.#now() });
    if (record.unreachable !== 'socket_lost') this.#emit(displaced, unreachableDraft(displaced, 'socket_lost'));
  }

  /** Removes the displaced record of a life that answers at a path again. Under two names, its death would be reported twice. */
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

  #add(target: Target, foundFile: string | null = null): ServerRecord {
    const record = { ...this.#blank(target), foundFile };
    this.#enter(record);
    return record;
  }

  #enter(record: ServerRecord): void {
    this.#store(record);
    this.#emit(record, registeredDraft(record));
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
    const logged = this.#options.journal.append(fitDraft(draft), this.#now());
    this.#reports.push(() => this.#options.onEvent(logged));
    return logged.event;
  }

  #strengthen(known: ServerRecord, { registration, socket, given = socket }: Target): ServerRecord {
    const { uid: _, ...found } = known.target;
    if (!isStronger(registration, found.registration)) return known;
    const target = reachedBy({ ...found, given, registration }, found.socket);
    const record = { ...known, target };
    this.#store(record);
    return record;
  }

  /** The target with a name that no other server has. */
  #distinct(target: Target): Target {
    const holder = this.#records.get(target.name);
    if (!holder || keyOfPlace(holder.target) === keyOfPlace(target)) return target;
    return { ...target, name: this.#freeName(target) };
  }

  get #isFull(): boolean {
    return this.#records.size >= this.#options.limits().maxServers;
  }

  #findRoom(target: Target): ServerRecord | null {
    return findRoom(target, [...this.#records.values()]);
  }

  #makeRoom(target: Target): void {
    const displaced = this.#isFull ? this.#findRoom(target) : null;
    if (displaced) this.#remove(displaced);
  }

  #refusal(
    target: Target,
    rivals: readonly ServerRecord[],
    known: ServerRecord | undefined,
  ): RefusedRegistration | null {
    const removal = this.#removals.refuse(target);
    if (removal) return removal;
    const { maxServers } = this.#options.limits();
    if (rivals.length === 0 && this.#isFull && this.#findRoom(target) === null) {
      return refused('limit', `${maxServers} servers are registered, no more are allowed (limits.servers)`);
    }
    const refusals = rivals.map((rival) => refuseBeside(target, rival.target, rival === known));
    return refuseTarget(target) ?? refusals.find((refusal) => refusal !== null) ?? null;
  }

  #store(record: ServerRecord): void {
    this.#records.set(record.target.name, record);
    this.#nameOfPlace.set(keyOfPlace(record.target), record.target.name);
    this.#removals.forget(record);
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

/** What to store of a server. Only a life or a registration by the API is stored; a configured server comes back with the configuration. */
function memoryOf({ target, state, since, unreachable, incident, life, snapshot }: ServerRecord): Memory {
  if (life === null && target.registration !== 'api') return { kind: 'server-dropped', name: target.name };
  const kept = life && withoutMany(life);
  return {
    kind: 'server',
    server: { target, state, since, unreachable, incident, life: kept, fresh: snapshot !== null },
  };
}

/** A long list that changes at each poll would be written each time. */
function withoutMany(life: Life): Life {
  return (life.sessions?.length ?? 0) > MOST_STORED_SESSIONS ? { ...life, sessions: null } : life;
}

/** Whether an answer came from a life. If the process of the life is not known, what the server says of itself decides. */
function isLifeOf({ process, incarnation }: Life, answer: Answer): boolean {
  if (answer.kind === 'failure') return false;
  return process ? isSameProcess(process, answer.process) : isSameIncarnation(incarnation, answer.snapshot.incarnation);
}

/** Whether a server that answered at its last poll is reached by the socket file of an answer. The claim of the answer must not differ: a file system can give the number of a deleted file to another one. */
function isSameSocket({ life, snapshot }: ServerRecord, answer: SnapshotAnswer): boolean {
  if (!life || !snapshot || answer.file === null || !life.files.includes(answer.file)) return false;
  return life.uid === answer.uid && isSameIncarnation(life.incarnation, answer.snapshot.incarnation);
}

/** Whether `a` stays of two records of one process: the stronger registration, or else the older record. */
function isFirst(a: ServerRecord, b: ServerRecord): boolean {
  if (isStronger(a.target.registration, b.target.registration)) return true;
  return !isStronger(b.target.registration, a.target.registration) && a.generation < b.generation;
}

/** Whether nothing answers at the path of a server, according to its last poll. */
export function hasLostPath({ failure }: ServerRecord): boolean {
  return failure?.reason === 'no_socket' || failure?.reason === 'refused';
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
