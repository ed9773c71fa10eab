import { MOST_UNDECIDED } from '../death/verdict.ts';
import { type Answer, type DatedObservation, isSameProcess, type Observation } from '../model/observation.ts';
import { displacedTarget, isSameIncarnation, reachedBy, type Target } from '../model/server.ts';
import { circleFrom } from '../record/exchange.ts';
import { hasLostPath, type Life, NOT_POLLED, pidOf, type ServerRecord, type Sighting } from '../record/record.ts';
import { isStronger } from '../record/registration.ts';
import { recoveredDraft, unreachableDraft } from '../wording/draft.ts';
import type { Ledger } from './ledger.ts';
import type { Records } from './records.ts';

type SnapshotAnswer = Extract<Answer, { kind: 'snapshot' }>;

/** A socket that was moved may be moved on within this time. By then, a poll has shown where the paths of the other servers lead. */
const ON_THE_WAY_MS = 10_000;

/** Decides which server a path leads to: a server can be reached by several paths, move, change places with another one, and lose its path to a newer one. */
export class Paths {
  readonly #ledger: Ledger;
  readonly #records: Records;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#records = ledger.records;
  }

  /** Moves a record to a path that may be that of a rival. The life of the rival becomes that of a record without one; otherwise it goes on without its path. */
  moveOver(record: ServerRecord, target: Target, rival: ServerRecord | undefined): void {
    if (!rival) this.#ledger.move(record, target);
    else if (!record.life && rival.life) {
      this.#records.delete(record);
      this.#ledger.rename(rival, target);
    } else {
      this.#givePathUp(rival);
      this.#ledger.move(record, target);
    }
  }

  /** Another server has the path of this one now, so from now on only its process identifies it. The next poll shows whether it is alive. */
  #givePathUp(record: ServerRecord): void {
    const { life, target } = record;
    if (!life?.process || this.#isKnownTwice(record)) this.#ledger.remove(record);
    else this.#ledger.rename(record, this.#records.distinct(displacedTarget(target, pidOf(life))));
  }

  #isKnownTwice(record: ServerRecord): boolean {
    return this.#records.ofProcess(record.life?.process, (other) => other !== record) !== undefined;
  }

  /**
   * Whether another registered server answered at the path of a record because sockets were moved, or perhaps because of that. Each
   * server keeps its name then. Sockets are moved one after the other, so what was seen of the other one's own path before proves
   * nothing.
   */
  mayBeMoved(record: ServerRecord, { answer, span }: DatedObservation): boolean {
    if (answer.kind === 'failure') return false;
    if (this.#isUndecided(record, answer)) return true;
    const other = answer.isProven ? this.#records.ofProcess(answer.process) : undefined;
    if (!other || answer.process === null) return false;
    if (other.target.displacedPid !== undefined)
      return ownName(other.target) === other.target.name && this.#follow(other, record);
    const seen = isSameProcess(record.leadsTo?.process, answer.process) ? record.leadsTo : null;
    if (seen && isPolledAfter(other, seen)) return hasLostPath(other) && this.#follow(other, record);
    const leadsTo = seen ?? { process: answer.process, since: span.until };
    const noted: ServerRecord = { ...record, polledFrom: span.from, leadsTo };
    this.#ledger.store(noted);
    if (!seen) this.#ledger.reportRenamed(record.target.name, noted);
    this.#rotate(circleFrom(noted, this.#records.all()) ?? []);
    return true;
  }

  /** Whether another registered server seems to answer at a path, and the next polls have yet to prove it. For some polls in a row only. */
  #isUndecided(record: ServerRecord, { undecided }: SnapshotAnswer): boolean {
    if (record.undecided >= MOST_UNDECIDED) return false;
    const isOther = (other: ServerRecord) => other !== record && other.target.displacedPid === undefined;
    if (!this.#records.ofProcess(undecided, isOther)) return false;
    this.#ledger.store({ ...record, undecided: record.undecided + 1 });
    return true;
  }

  /** Gives each server of a circle the path that leads to it: that of the one before. */
  #rotate(circle: readonly ServerRecord[]): void {
    for (const { target } of circle) this.#records.leave(target);
    let { socket } = circle.at(-1)?.target ?? { socket: '' };
    for (const record of circle) {
      const target = reachedBy(record.target, socket);
      socket = record.target.socket;
      this.#ledger.store({ ...record, ...NOT_POLLED, target, generation: this.#ledger.nextGeneration() });
    }
  }

  /**
   * Whether the socket of a server that has lost its path may be at another path by now: it was moved a short time ago, or the path of
   * another server leads to it. The next polls show it.
   */
  mayHaveMoved({ life, movedAt, polledFrom }: ServerRecord, { span }: DatedObservation): boolean {
    if (movedAt !== null && (polledFrom === null || span.from - movedAt < ON_THE_WAY_MS)) return true;
    const seen = this.#records.find(({ leadsTo }) => isSameProcess(leadsTo?.process, life?.process))?.leadsTo;
    return seen != null && seen.since <= span.from;
  }

  /** The socket of a server was moved over that of another one, which is displaced by that. It keeps its name, which nobody else needs. */
  #follow(record: ServerRecord, displaced: ServerRecord): true {
    const { target, life } = displaced;
    const { displacedPid: _, ...own } = record.target;
    if (life && !this.#isKnownTwice(displaced))
      this.#displace(displaced, { ...displacedTarget(target, pidOf(life)), name: target.name }, life.lastSeenAt);
    else this.#ledger.remove(displaced);
    this.#ledger.move(record, reachedBy(own, target.socket));
    return true;
  }

  /**
   * Unites two records of one server that answers at two paths. The stronger registration stays, or else the older one; the other
   * is removed without a death. Returns whether `record` was removed.
   */
  unite(record: ServerRecord, observation: DatedObservation): boolean {
    const { answer } = observation;
    const isOtherLife = record.life && (record.life.earlierBoot || !isLifeOf(record.life, answer));
    if (answer.kind === 'failure' || isOtherLife) return false;
    const twin = this.#twinOf(record, answer);
    if (!twin?.life) return false;
    const isAlias = isFirst(twin, record);
    this.#ledger.remove(isAlias ? record : twin);
    if (!isAlias) return false;
    const { files } = twin.life;
    const known = answer.file === null || files.includes(answer.file) ? [] : [answer.file];
    const united = { ...twin, life: { ...twin.life, files: [...files, ...known] } };
    // Nothing answers at its own path, so its socket was moved.
    if (!hasLostPath(twin)) this.#ledger.store(united);
    else
      this.#ledger.update(this.#ledger.move(united, reachedBy(twin.target, record.target.socket)), observation, {
        kind: 'up',
      });
    return true;
  }

  /** The other record of a server that answers. A claim that cannot be proven must neither hide a server nor take its place, so only its socket file counts then. */
  #twinOf(record: ServerRecord, answer: SnapshotAnswer): ServerRecord | undefined {
    const isOther = (other: ServerRecord) => other !== record && other.target.displacedPid === undefined;
    const proven = answer.isProven ? this.#records.ofProcess(answer.process, isOther) : undefined;
    // A server that answers as before was compared then.
    if (proven || isSameSocket(record, answer)) return proven;
    for (const other of this.#records.all()) if (isOther(other) && isSameSocket(other, answer)) return other;
    return undefined;
  }

  /** Another server was started at the path of a living one. The living one keeps its incident and continues under a new name, identified by its process alone. */
  displace(record: ServerRecord, lastSeenAt: number): void {
    if (!record.life || this.#isKnownTwice(record)) return;
    this.#displace(record, this.#records.distinct(displacedTarget(record.target, pidOf(record.life))), lastSeenAt);
  }

  #displace(record: ServerRecord, target: Target, lastSeenAt: number): void {
    const life = record.life && { ...record.life, lastSeenAt };
    const generation = this.#ledger.nextGeneration();
    const displaced: ServerRecord = { ...record, ...NOT_POLLED, target, generation, life, snapshot: null };
    this.#records.leave(record.target);
    this.#ledger.reportRenamed(record.target.name, displaced);
    this.#ledger.store({ ...displaced, state: 'unreachable', unreachable: 'socket_lost', since: this.#ledger.now() });
    if (record.unreachable !== 'socket_lost') this.#ledger.emit(displaced, unreachableDraft(displaced, 'socket_lost'));
  }

  /**
   * The socket of a displaced server was found at the path of `target`: it is displaced no more. It has its own
   * name again, unless another server has that.
   */
  replace(displaced: ServerRecord, target: Target): ServerRecord {
    const name = ownName(displaced.target);
    if (name === displaced.target.name) return this.#ledger.move(displaced, { ...target, name });
    if (displaced.life) this.#ledger.append(recoveredDraft(displaced, displaced.life, this.#ledger.now()));
    return this.#ledger.rename(displaced, this.#records.has(name) ? target : { ...target, name });
  }

  /** Removes the displaced record of a life that answers at a path again. Under two names, its death would be reported twice. */
  endDisplacement({ life }: ServerRecord, { answer }: Observation): void {
    if (answer.kind === 'failure' || isSameProcess(life?.process, answer.process)) return;
    const displaced = this.#records.ofProcess(answer.process, ({ target }) => target.displacedPid !== undefined);
    if (!displaced?.life) return;
    this.#ledger.append(recoveredDraft(displaced, displaced.life, this.#ledger.now()));
    this.#ledger.remove(displaced);
  }
}

/** The name of a displaced server before it got its pid as a suffix. */
function ownName({ name, displacedPid }: Target): string {
  const end = name.indexOf(`+${displacedPid}`);
  return end === -1 ? name : name.slice(0, end);
}

/** Whether a poll of a server shows where its path leads since another path was found to lead to it. */
function isPolledAfter({ polledFrom }: ServerRecord, { since }: Sighting): boolean {
  return polledFrom !== null && polledFrom >= since;
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
export function isFirst(a: ServerRecord, b: ServerRecord): boolean {
  if (isStronger(a.target.registration, b.target.registration)) return true;
  return !isStronger(b.target.registration, a.target.registration) && a.generation < b.generation;
}
