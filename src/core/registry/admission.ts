import { reachedBy, type Target } from '../model/server.ts';
import { type FoundProcess, lifeOfProcess, type ServerRecord } from '../record/record.ts';
import {
  isStronger,
  type RefusedRegistration,
  type RegistrationResult,
  refuseBeside,
  refused,
  refuseTarget,
} from '../record/registration.ts';
import { findRoom } from '../record/room.ts';
import type { Ledger } from './ledger.ts';
import type { Paths } from './paths.ts';
import type { Records } from './records.ts';

/** Decides who is registered, under which name, and in whose place. */
export class Admission {
  readonly #ledger: Ledger;
  readonly #records: Records;
  readonly #paths: Paths;
  readonly #maxServers: () => number;

  constructor(ledger: Ledger, paths: Paths, maxServers: () => number) {
    this.#ledger = ledger;
    this.#paths = paths;
    this.#records = ledger.records;
    this.#maxServers = maxServers;
  }

  /** Registers a running server of which only the process is known, because its socket file is gone or belongs to another server. Doing it again changes nothing. */
  adopt(target: Target, process: FoundProcess): RegistrationResult {
    const known = this.#records.ofProcess(process.mark);
    if (known) return { kind: 'unchanged', record: known };
    const result = this.#ledger.removals.refuse(target, process.mark) ?? this.register(target, null);
    if (result.kind === 'refused' || result.record.life) return result;
    const record = { ...result.record, seenAlive: true, life: lifeOfProcess(process, this.#ledger.now()) };
    this.#ledger.store(record);
    return { kind: result.kind, record };
  }

  /** Registers a server, as `Registry.register` says. */
  register(wanted: Target, file: string | null): RegistrationResult {
    const target = wanted.registration === 'discovered' ? this.#records.distinct(wanted) : wanted;
    const known =
      this.#records.at(target) ??
      (file === null ? undefined : (this.#records.ofFile(file) ?? this.#records.foundAt(file)));
    if (known && (known.target.name === target.name || target.registration === 'discovered')) {
      return { kind: 'unchanged', record: this.#strengthen(known, target) };
    }
    const displaced = file === null || known ? undefined : this.#records.displacedOf(file);
    if (displaced && target.registration === 'discovered' && !this.#ledger.removals.refuse(target)) {
      return { kind: 'unchanged', record: this.#paths.replace(displaced, target) };
    }
    const rivals = [known, this.#records.get(target.name)].filter((rival) => rival !== undefined);
    const refusal = this.#refusal(target, rivals, known);
    if (refusal) return refusal;
    if (rivals.length === 0) this.#makeRoom(target);
    return { kind: 'registered', record: this.#replace(target, file, known) };
  }

  /** Registers a target that takes its name from another server, and its socket and its life from `known`. */
  #replace(target: Target, file: string | null, known: ServerRecord | undefined): ServerRecord {
    const namesake = this.#records.get(target.name);
    if (namesake) this.#giveUpName(namesake);
    return known ? this.#ledger.rename(known, target) : this.#ledger.add(target, file);
  }

  /** If the name of a living server was given to another one, the living server continues as a discovered one whose name is taken. */
  #giveUpName(record: ServerRecord): void {
    if (record.life === null) this.#ledger.remove(record);
    else
      this.#ledger.rename(record, {
        ...record.target,
        name: this.#records.freeName(record.target),
        registration: 'discovered',
      });
  }

  #strengthen(known: ServerRecord, { registration, socket, given = socket }: Target): ServerRecord {
    const { uid: _, ...found } = known.target;
    if (!isStronger(registration, found.registration)) return known;
    const target = reachedBy({ ...found, given, registration }, found.socket);
    const record = { ...known, target };
    this.#ledger.store(record);
    return record;
  }

  get #isFull(): boolean {
    return this.#records.size >= this.#maxServers();
  }

  #findRoom(target: Target): ServerRecord | null {
    return findRoom(target, this.#records.all());
  }

  #makeRoom(target: Target): void {
    const displaced = this.#isFull ? this.#findRoom(target) : null;
    if (displaced) this.#ledger.remove(displaced);
  }

  #refusal(
    target: Target,
    rivals: readonly ServerRecord[],
    known: ServerRecord | undefined,
  ): RefusedRegistration | null {
    const removal = this.#ledger.removals.refuse(target);
    if (removal) return removal;
    if (rivals.length === 0 && this.#isFull && this.#findRoom(target) === null) {
      return refused('limit', `${this.#maxServers()} servers are registered, no more are allowed (limits.servers)`);
    }
    const refusals = rivals.map((rival) => refuseBeside(target, rival.target, rival === known));
    return refuseTarget(target) ?? refusals.find((refusal) => refusal !== null) ?? null;
  }
}
