import { ClockSteps } from '../clock.ts';
import { statedCause } from '../death/cause.ts';
import type { HazardFinding } from '../death/hazard.ts';
import { judge } from '../death/verdict.ts';
import type { EventDraft } from '../event/event.ts';
import type { DatedObservation, Observation, ProcessMark } from '../model/observation.ts';
import { type GoneReason, type Place, reachedBy, type Target } from '../model/server.ts';
import type { ServerProcesses } from '../process/server-processes.ts';
import { type Death, type FoundProcess, movedRecord, restoredRecord, type ServerRecord } from '../record/record.ts';
import { type DeregistrationResult, isStronger, type RegistrationResult } from '../record/registration.ts';
import { isKnownByProcessAlone, isRelocated, type PidSpace, relocated } from '../record/relocation.ts';
import type { FleetView } from '../record/view.ts';
import { goneDraft, rebootedDraft } from '../wording/draft.ts';
import { Admission } from './admission.ts';
import type { Remembered } from './journal.ts';
import { Ledger, type LedgerOptions } from './ledger.ts';
import { isFirst, Paths } from './paths.ts';
import type { Records } from './records.ts';
import { pastOf } from './reduce.ts';

/** The dependencies, callbacks and limits of a registry. */
export interface RegistryOptions extends LedgerOptions {
  readonly limits: () => RegistryLimits;
}

/** The limits of the registry. They are read each time, because a reload can change them. */
export interface RegistryLimits {
  readonly maxServers: number;
  /** How long `tmux_server_up 0` is shown after a death. */
  readonly lingerMs: number;
}

/** The registered servers, and the deaths of former ones. Everything known about a server is in its one record, so deleting the record forgets everything. */
export class Registry {
  readonly #options: RegistryOptions;
  readonly #ledger: Ledger;
  readonly #records: Records;
  readonly #admission: Admission;
  readonly #paths: Paths;
  readonly #steps: ClockSteps;
  #view: FleetView | null = null;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#steps = new ClockSteps(options.clock);
    this.#ledger = new Ledger(options, () => {
      this.#view = null;
    });
    this.#records = this.#ledger.records;
    this.#paths = new Paths(this.#ledger);
    this.#admission = new Admission(this.#ledger, this.#paths, () => options.limits().maxServers);
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
    return this.#ledger.removals.has(target);
  }

  /** The server registered for a place. */
  at(place: Place): ServerRecord | undefined {
    return this.#records.at(place);
  }

  /** The server whose process has this mark. */
  ofProcess(process: ProcessMark): ServerRecord | undefined {
    return this.#records.ofProcess(process);
  }

  /** The living server that a socket file leads to. */
  ofFile(file: string): ServerRecord | undefined {
    return this.#records.ofFile(file);
  }

  /** The present view; the same object until something changes. */
  view(): FleetView {
    this.#view ??= {
      records: this.#records.all().sort((a, b) => compare(a.target.name, b.target.name)),
      tombstones: [...this.#ledger.graveyard.list()].sort((a, b) => compare(a.name, b.name)),
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
    this.#ledger.graveyard.restore(tombstones);
    this.#view = null;
    const { bootId } = stored;
    const rebooted = bootId !== null && present.bootId !== null && bootId !== present.bootId;
    const isMoved = isRelocated(stored, present);
    this.#ledger.step(() => {
      for (const saved of isMoved ? servers.map(relocated) : servers) {
        const record = restoredRecord(
          saved,
          this.#ledger.nextGeneration(),
          rebooted,
          present.isConfigured,
          this.#ledger.now(),
        );
        this.#takeUp({ ...record, foundFile: present.fileAt(record.target.socket) });
      }
      if (isMoved) for (const record of this.list().filter(isKnownByProcessAlone)) this.#loseSight(record);
      const lost = this.list().filter(({ life }) => life !== null);
      if (rebooted && lost.length > 0) this.#ledger.append(rebootedDraft(lost, bootId));
    });
  }

  /**
   * Registers a server. Registering it again changes nothing. A stronger registration takes the socket or the name of a weaker one;
   * a discovered name that is taken gets a suffix. `file` is the key of its socket file: if a server is known by it, it is the same.
   */
  register(target: Target, file: string | null = null): RegistrationResult {
    return this.#ledger.step(() => this.#admission.register(target, file));
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
    this.#ledger.step(() => this.#paths.moveOver(record, target, rival));
  }

  /** Registers a running server of which only the process is known, because its socket file is gone or belongs to another server. Doing it again changes nothing. */
  adopt(target: Target, process: FoundProcess): RegistrationResult {
    return this.#ledger.step(() => this.#admission.adopt(target, process));
  }

  /** Deregisters a server and drops its deaths, because a person asked for it. If `stayAway` is set, discovery does not register it again. */
  deregister(name: string, stayAway: boolean): DeregistrationResult {
    return this.#ledger.step(() => this.#deregister(name, stayAway));
  }

  /** Makes a living server a discovered one, because it is not configured any more. One that does not live is deregistered. */
  release(name: string): void {
    const record = this.#records.get(name);
    if (record?.seenAlive)
      this.#ledger.step(() =>
        this.#ledger.store({ ...record, target: { ...record.target, registration: 'discovered' } }),
      );
    else this.deregister(name, false);
  }

  /** Applies the result of one poll in one step: decides the verdict, emits events, and reaps a dead server. A result of an older registration is discarded. */
  apply(name: string, generation: number, observation: Observation): void {
    this.#followClock();
    const record = this.#records.get(name);
    if (record?.generation === generation) this.#ledger.step(() => this.#commit(record, this.#dated(observation)));
  }

  /** Runs `work` as one step: its changes are stored together, and its events are emitted after that. */
  together<T>(work: () => T): T {
    return this.#ledger.step(work);
  }

  /** Emits an event that changes no record. */
  announce(draft: EventDraft): void {
    this.#ledger.step(() => this.#ledger.append(draft));
  }

  /** Puts the dangers to a server into its record. */
  noteHazards(name: string, generation: number, hazards: readonly HazardFinding[]): void {
    const record = this.#records.get(name);
    if (record?.generation === generation) this.#ledger.store({ ...record, hazards });
  }

  /** Puts what the processes of a server use into its record. It is not stored over a restart. */
  noteProcesses(name: string, generation: number, processes: ServerProcesses | null): void {
    const record = this.#records.get(name);
    if (record?.generation !== generation || record.processes === processes) return;
    this.#records.note({ ...record, processes });
  }

  /** Ends the lingering of names that died long enough ago, and flushes pending changes that no event carried. */
  sweep(): void {
    this.#followClock();
    this.#ledger.graveyard.endLingering(this.#options.limits().lingerMs);
    this.#ledger.flush();
  }

  /** Moves all times if the wall clock was set, so that they stay as long ago as they were. */
  #followClock(): void {
    const stepMs = this.#steps.take();
    if (stepMs !== 0) for (const record of this.list()) this.#ledger.store(movedRecord(record, stepMs));
  }

  /** The observation with its times in Unix milliseconds. */
  #dated(observation: Observation): DatedObservation {
    const { clock } = this.#options;
    const difference = clock.now() - clock.uptime();
    const { startedAt, diedAt } = observation;
    const date = (at: number) => Math.round(at + difference);
    const span = { from: startedAt, until: startedAt + observation.durationMs };
    return { ...observation, startedAt: date(startedAt), diedAt: diedAt === null ? null : date(diedAt), span };
  }

  #deregister(name: string, stayAway: boolean): DeregistrationResult {
    const record = this.#records.get(name);
    if (!record && !this.#ledger.graveyard.get(name)) {
      return { kind: 'refused', code: 'unknown_server', message: `no server is registered as "${name}"` };
    }
    if (record) this.#ledger.remove(record);
    if (record && stayAway) this.#ledger.removals.add(record);
    this.#ledger.graveyard.forget(name);
    return { kind: 'deregistered' };
  }

  /** Stores a restored record. An older version may have stored one process twice: then only one is kept. */
  #takeUp(record: ServerRecord): void {
    const twin = this.#records.ofProcess(record.life?.process);
    if (twin) this.#ledger.remove(isFirst(twin, record) ? record : twin);
    this.#ledger.store(twin && isFirst(twin, record) ? twin : record);
  }

  /** Forgets a life of which nothing can be known any more. That is no death. */
  #loseSight(record: ServerRecord): void {
    const { target, incident } = record;
    if (target.registration === 'discovered') this.#ledger.remove(record);
    else this.#ledger.store({ ...this.#ledger.blank(target), incident });
  }

  #commit(record: ServerRecord, observation: DatedObservation): void {
    if (this.#paths.unite(record, observation)) return;
    const verdict = judge(observation, pastOf(record));
    if (verdict.kind === 'displaced' && this.#paths.mayBeMoved(record, observation)) return;
    this.#paths.endDisplacement(record, observation);
    switch (verdict.kind) {
      case 'gone':
        this.#reap(record, verdict.reason, observation);
        return;
      case 'replaced':
        this.#updateOrUnite(this.#reborn(this.#reap(record, verdict.reason, observation)), observation);
        return;
      case 'displaced':
        this.#paths.displace(record, observation.startedAt);
        this.#updateOrUnite(this.#ledger.blank(record.target), observation);
        return;
      case 'unreachable':
        if (verdict.cause === 'socket_lost' && this.#paths.mayHaveMoved(record, observation))
          this.#ledger.update(record, observation, { kind: 'failed' });
        else this.#ledger.update(record, observation, verdict);
        return;
      default:
        this.#ledger.update(record, observation, verdict);
    }
  }

  /** Applies the answer of another life at the path of a record, unless that life is already known by another path. */
  #updateOrUnite(record: ServerRecord, observation: DatedObservation): void {
    if (!this.#paths.unite(record, observation)) this.#ledger.update(record, observation, { kind: 'up' });
  }

  /** The one place that reports a death and deletes the record of the dead life. Only the event and the tombstone stay. Returns the record of the server without a life. */
  #reap(record: ServerRecord, reason: GoneReason, observation: Observation): ServerRecord {
    const cause = statedCause(reason, observation.evidence.watch);
    const death: Death = { reason, cause, at: this.#ledger.now() };
    const { name, registration } = record.target;
    this.#records.delete(record);
    const gone = this.#ledger.append(goneDraft(record, death, observation));
    this.#ledger.reportReaped(record, gone);
    this.#ledger.graveyard.bury(name, death, gone.incident, (other) => this.#records.has(other));
    const lifeless: ServerRecord = { ...this.#ledger.blank(record.target), state: 'gone', seenAlive: false, death };
    if (registration === 'static') this.#ledger.store(lifeless);
    return lifeless;
  }

  #reborn(lifeless: ServerRecord): ServerRecord {
    return this.#records.has(lifeless.target.name) ? lifeless : this.#ledger.add(lifeless.target);
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
