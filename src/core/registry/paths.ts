import { MOST_UNDECIDED } from '../death/verdict.ts';
import { type Answer, isSameProcess, type Observation } from '../model/observation.ts';
import { displacedTarget, isSameIncarnation, reachedBy, type Target } from '../model/server.ts';
import { circleFrom } from '../record/exchange.ts';
import { hasLostPath, type Life, pidOf, type ServerRecord } from '../record/record.ts';
import { isStronger } from '../record/registration.ts';
import { recoveredDraft, unreachableDraft } from '../wording/draft.ts';
import type { Ledger } from './ledger.ts';
import type { Records } from './records.ts';

type SnapshotAnswer = Extract<Answer, { kind: 'snapshot' }>;

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
    const isKnownTwice = this.#records.ofProcess(life?.process, (other) => other !== record) !== undefined;
    if (!life?.process || isKnownTwice) this.#ledger.remove(record);
    else this.#ledger.rename(record, this.#records.distinct(displacedTarget(target, pidOf(life))));
  }

  /** Whether another registered server seems to answer at a path, and the next polls have yet to prove it. For some polls in a row only. */
  isUndecided(record: ServerRecord, { answer }: Observation): boolean {
    if (answer.kind === 'failure' || record.undecided >= MOST_UNDECIDED) return false;
    const isOther = (other: ServerRecord) => other !== record && other.target.displacedPid === undefined;
    if (!this.#records.ofProcess(answer.undecided, isOther)) return false;
    this.#ledger.store({ ...record, undecided: record.undecided + 1 });
    return true;
  }

  /**
   * Whether another registered server was found at a path, and the polls of the others have yet to show if the sockets were
   * exchanged. If they were, each server keeps its name. At the second poll in a row it counts as displaced.
   */
  mayBeExchanged(record: ServerRecord, { answer }: Observation): boolean {
    if (answer.kind === 'failure' || !answer.isProven || isSameProcess(record.leadsTo, answer.process)) return false;
    const other = this.#records.ofProcess(answer.process, ({ target }) => target.displacedPid === undefined);
    if (!other || hasLostPath(other)) return false;
    const noted: ServerRecord = { ...record, leadsTo: answer.process };
    this.#ledger.store(noted);
    this.#rotate(circleFrom(noted, this.#records.all()) ?? []);
    return true;
  }

  /** Gives each server of a circle the path that leads to it: that of the one before. */
  #rotate(circle: readonly ServerRecord[]): void {
    for (const { target } of circle) this.#records.leave(target);
    let { socket } = circle.at(-1)?.target ?? { socket: '' };
    for (const record of circle) {
      const target = reachedBy(record.target, socket);
      socket = record.target.socket;
      this.#ledger.store({ ...record, target, generation: this.#ledger.nextGeneration(), leadsTo: null });
    }
  }

  /** If the socket of a server was moved over that of another, which is displaced by that, the server follows. Returns whether it was so. */
  hasFollowed(record: ServerRecord): boolean {
    const other = this.#records.all().find(({ leadsTo }) => isSameProcess(leadsTo, record.life?.process));
    if (!other || other === record) return false;
    this.displace(other, other.life?.lastSeenAt ?? this.#ledger.now());
    this.#ledger.remove(other);
    this.#ledger.move(record, reachedBy(record.target, other.target.socket));
    return true;
  }

  /**
   * Unites two records of one server that answers at two paths. The stronger registration stays, or else the older one; the other
   * is removed without a death. Returns whether `record` was removed.
   */
  unite(record: ServerRecord, observation: Observation): boolean {
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
    if (!record.life || this.#records.ofProcess(record.life.process, (other) => other !== record)) return;
    const target = this.#records.distinct(displacedTarget(record.target, pidOf(record.life)));
    const life = { ...record.life, lastSeenAt };
    const displaced: ServerRecord = {
      ...record,
      target,
      generation: this.#ledger.nextGeneration(),
      life,
      snapshot: null,
    };
    this.#ledger.reportRenamed(record.target.name, displaced);
    this.#ledger.store({ ...displaced, state: 'unreachable', unreachable: 'socket_lost', since: this.#ledger.now() });
    if (record.unreachable !== 'socket_lost') this.#ledger.emit(displaced, unreachableDraft(displaced, 'socket_lost'));
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
