import { isSameProcess, type Process, type ProcessTable, parentOf } from './process.ts';

/** CPU time that was counted while its process was alive, and that is about to appear again in the waited-for time of an ancestor. In milliseconds. */
export interface Claim {
  /** Of ended children of a running process. It waited for them, or the kernel dropped their time because it ignores SIGCHLD. */
  ofChildren: number;
  /** Of ended processes whose parent has ended too (or is a zombie). An adopter further up may have waited for them. */
  ofOrphans: number;
  /** Of children that ended during the pass. Their time may not be in the waited-for time yet. */
  ofLate: number;
  /** Of orphans that ended during the pass, by the pid to which the time is still owed if no ancestor shows it yet. */
  readonly ofLateOrphans: Map<number, number>;
}

/** Claims that a pass could not match, because processes ended during it. The next pass takes them over. In milliseconds. */
export interface Owed {
  ofChildren: number;
  ofOrphans: number;
}

/** The kinds of claims on a process. */
type Kind = keyof Claim;

/** A map from pids to sums that makes missing ones. */
export class Sums<T> extends Map<number, T> {
  readonly #nothing: () => T;

  constructor(nothing: () => T) {
    super();
    this.#nothing = nothing;
  }

  /** The sums of a process; new ones if there are none yet. */
  of(pid: number): T {
    const known = this.get(pid);
    if (known) return known;
    const sums = this.#nothing();
    this.set(pid, sums);
    return sums;
  }
}

/** Creates an empty map of claims by pid. */
export function noClaims(): Sums<Claim> {
  return new Sums(() => ({ ofChildren: 0, ofOrphans: 0, ofLate: 0, ofLateOrphans: new Map() }));
}

/** Creates an empty map of owed time by pid. */
export function noDebts(): Sums<Owed> {
  return new Sums(() => ({ ofChildren: 0, ofOrphans: 0 }));
}

/** The claims of the processes that ended since the table `before`, by the pid of their nearest ancestor that is still there. */
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

/** Adds to the claims on a process. `debtor` is the pid to which a late claim is owed until an ancestor shows its time. */
export function addClaim(claim: Claim, kind: Kind, debtor: number, ms: number): void {
  if (ms === 0) return;
  if (kind !== 'ofLateOrphans') claim[kind] += ms;
  else claim.ofLateOrphans.set(debtor, (claim.ofLateOrphans.get(debtor) ?? 0) + ms);
}

interface Heir {
  /** Undefined if no ancestor is left. */
  readonly heir: Process | undefined;
  readonly kind: Kind;
  /** The kind of the claims that were still owed to the ended process: its children may have ended after it. */
  readonly kindOfOrphans: 'ofOrphans' | 'ofLateOrphans';
}

/** The ancestor whose waited-for time gets the time of an ended process, directly or through ended processes between the two. */
function heirOf(ended: Process, before: ProcessTable, table: ProcessTable): Heir {
  const { ancestor: heir, isLate: isBetweenLate } = nearestAncestor(ended, before, table);
  const isLate = isBetweenLate || table.endedMeanwhile.has(ended.pid);
  const kindOfOrphans = isLate ? 'ofLateOrphans' : 'ofOrphans';
  const isChild = heir !== undefined && heir.pid === ended.parent && isRunning(heir.pid, table);
  if (!isChild) return { heir, kind: kindOfOrphans, kindOfOrphans };
  return { heir, kind: isLate ? 'ofLate' : 'ofChildren', kindOfOrphans };
}

/**
 * The nearest ancestor in the table `before` that is still there, and whether a process between the two ended during the pass.
 *
 * The kernel gives an orphan to one of its ancestors. So every process that can have waited for it is on this path. In the newer
 * table, some may be missing.
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

/** Whether a process can still wait for children: a zombie cannot. */
function isRunning(pid: number, { processes }: ProcessTable): boolean {
  return processes.get(pid)?.isZombie === false;
}
