import { isSameProcess, type Process, type ProcessTable, parentOf } from './process.ts';

/** CPU time that was counted while the processes lived that spent it, and that now comes again as time an ancestor waited for, in milliseconds. */
export interface Claim {
  /** Of children of a running process: either it waited for them, or the kernel dropped their time because it ignores SIGCHLD. */
  ofChildren: number;
  /** Of processes whose parent ended too, even if it is a zombie still: an adopter further up may have waited for them. */
  ofOrphans: number;
  /** Of children that ended during the pass, so it may not show yet that they were waited for. */
  ofLate: number;
  /** Of orphans that ended during the pass, by the pid that owes what no ancestor shows yet. */
  readonly ofLateOrphans: Map<number, number>;
}

/** Time that a torn pass left to the next one, in milliseconds. */
export interface Owed {
  ofChildren: number;
  ofOrphans: number;
}

/** Which claims on a process an ended one belongs to. */
type Kind = keyof Claim;

/** Sums by pid. */
export class Sums<T> extends Map<number, T> {
  readonly #nothing: () => T;

  constructor(nothing: () => T) {
    super();
    this.#nothing = nothing;
  }

  /** The sums of a process, which begin at nothing. */
  of(pid: number): T {
    const known = this.get(pid);
    if (known) return known;
    const sums = this.#nothing();
    this.set(pid, sums);
    return sums;
  }
}

/** No claims yet. */
export function noClaims(): Sums<Claim> {
  return new Sums(() => ({ ofChildren: 0, ofOrphans: 0, ofLate: 0, ofLateOrphans: new Map() }));
}

/** No debts yet. */
export function noDebts(): Sums<Owed> {
  return new Sums(() => ({ ofChildren: 0, ofOrphans: 0 }));
}

/** What the processes that ended since the table `before` claim of their nearest ancestors that are still there. */
export function claimsOf(before: ProcessTable, owed: ReadonlyMap<number, Owed>, table: ProcessTable): Sums<Claim> {
  const claims = noClaims();
  for (const [pid, { ofChildren, ofOrphans }] of owed) {
    if (!survives(before.processes.get(pid), table)) continue;
    addClaim(claims.of(pid), isRunning(pid, table) ? 'ofChildren' : 'ofOrphans', pid, ofChildren);
    addClaim(claims.of(pid), 'ofOrphans', pid, ofOrphans);
  }
  for (const ended of before.processes.values()) {
    if (survives(ended, table)) continue;
    const { heir, kind, kindOfOrphans } = heirOf(ended, before, table);
    if (!heir) continue;
    addClaim(claims.of(heir.pid), kind, heir.pid, ended.ownMs + ended.waitedMs);
    const { ofChildren, ofOrphans } = owed.get(ended.pid) ?? { ofChildren: 0, ofOrphans: 0 };
    addClaim(claims.of(heir.pid), kindOfOrphans, heir.pid, ofChildren + ofOrphans);
  }
  return claims;
}

/** Adds to the claims on a process; `debtor` owes it if it is not met in time. */
export function addClaim(claim: Claim, kind: Kind, debtor: number, ms: number): void {
  if (ms === 0) return;
  if (kind !== 'ofLateOrphans') claim[kind] += ms;
  else claim.ofLateOrphans.set(debtor, (claim.ofLateOrphans.get(debtor) ?? 0) + ms);
}

interface Heir {
  /** Undefined if no ancestor is left. */
  readonly heir: Process | undefined;
  readonly kind: Kind;
  /** The same for what the ended process itself was owed: its children may have ended after it did. */
  readonly kindOfOrphans: 'ofOrphans' | 'ofLateOrphans';
}

/** Who will have waited for an ended process, itself or through those between that ended too. */
function heirOf(ended: Process, before: ProcessTable, table: ProcessTable): Heir {
  const { ancestor: heir, isLate: isBetweenLate } = nearestAncestor(ended, before, table);
  const isLate = isBetweenLate || table.endedMeanwhile.has(ended.pid);
  const kindOfOrphans = isLate ? 'ofLateOrphans' : 'ofOrphans';
  const isChild = heir !== undefined && heir.pid === ended.parent && isRunning(heir.pid, table);
  if (!isChild) return { heir, kind: kindOfOrphans, kindOfOrphans };
  return { heir, kind: isLate ? 'ofLate' : 'ofChildren', kindOfOrphans };
}

/**
 * The nearest ancestor in the table `before` that is still there, and whether one between ended during the pass.
 *
 * The kernel gives an orphan to one of the ancestors that it already has. So all that can have waited for it are on this path,
 * while the path in the newer table may lack some.
 */
export function nearestAncestor(
  { pid }: Process,
  before: ProcessTable,
  table: ProcessTable,
): { ancestor: Process | undefined; isLate: boolean } {
  let isLate = false;
  let ancestor = parentIn(before, pid);
  while (ancestor && !survives(ancestor, table)) {
    isLate ||= table.endedMeanwhile.has(ancestor.pid);
    ancestor = parentIn(before, ancestor.pid);
  }
  return { ancestor, isLate };
}

function parentIn(table: ProcessTable, pid: number): Process | undefined {
  const process = table.processes.get(pid);
  return process && parentOf(process, table);
}

function survives(process: Process | undefined, { processes }: ProcessTable): boolean {
  const found = process && processes.get(process.pid);
  return found !== undefined && process !== undefined && isSameProcess(found, process);
}

/** A zombie waits for nobody any more. */
function isRunning(pid: number, { processes }: ProcessTable): boolean {
  return processes.get(pid)?.isZombie === false;
}
