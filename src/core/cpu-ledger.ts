import { isSameProcess, type Process, type ProcessTable, parentOf } from './process.ts';

/** What was counted so far of each process that lived at the last pass. */
export interface CpuLedger {
  readonly table: ProcessTable;
  /** Milliseconds that a process will once be seen to have waited for, and that were counted already; only where there are some. */
  readonly owed: ReadonlyMap<number, number>;
}

/** A ledger carried on by one pass, and what each process spent since the pass before. */
export interface Settlement {
  readonly ledger: CpuLedger;
  /** Milliseconds by pid, with what its children spent that came and went in between; never negative. */
  readonly spent: ReadonlyMap<number, number>;
}

/** Time of ended processes that was counted while they lived, and now comes again as time their ancestor waited for. */
interface Claim {
  /** Of its own children: either it waited for them, or the kernel dropped their time since it ignores SIGCHLD. */
  ofChildren: number;
  /** Of deeper descendants whose parents ended too: they may have been orphaned before they ended, and gone to an adopter further up. */
  ofOrphans: number;
  /** Of those who ended during the pass, so that it may not show yet that they were waited for. */
  ofLate: number;
}

const NO_CLAIM: Readonly<Claim> = { ofChildren: 0, ofOrphans: 0, ofLate: 0 };

/**
 * Counts the CPU time that was spent between two passes, every millisecond once.
 *
 * The kernel adds the time of a process to its parent's when the parent waits for it. So a parent's waited-for time rises by all
 * that an ended child spent: what of it was counted while the child lived is taken off again, and the rest is that of children,
 * however many and short-lived, since they were last seen. Time is only ever taken off from what was waited for, never carried
 * over to later as a debt unless the pass itself was torn; so nothing is counted twice, and a count never falls. What a process
 * spent after its last pass is lost where nobody waits for it, or where the one who does is outside.
 */
export function settle(before: CpuLedger | null, table: ProcessTable): Settlement {
  const spent = new Map<number, number>();
  const owed = new Map<number, number>();
  if (!before) return { ledger: { table, owed }, spent };
  const claims = claimsOf(before, table);
  for (const process of [...table.processes.values()].reverse()) {
    const { own, waited } = riseOf(process, before.table);
    const claim = claims.get(process.pid) ?? NO_CLAIM;
    spent.set(process.pid, own + Math.max(0, waited - claim.ofChildren - claim.ofOrphans - claim.ofLate));
    if (claim === NO_CLAIM) continue;
    const orphansUnmet = unmet(waited - claim.ofChildren, claim.ofOrphans);
    const ancestor = orphansUnmet > 0 ? parentOf(process, table) : undefined;
    if (ancestor) claimOn(ancestor.pid, claims).ofOrphans += orphansUnmet;
    const lateUnmet = unmet(waited - claim.ofChildren - claim.ofOrphans, claim.ofLate);
    if (lateUnmet > 0) owed.set(process.pid, lateUnmet);
  }
  return { ledger: { table, owed }, spent };
}

/** What is left of `amount` once `available` has met all it can. */
function unmet(available: number, amount: number): number {
  return Math.max(0, amount - Math.max(0, available));
}

/** How far the times of a process rose since the last pass. One that was not seen then counts from its birth, if it was born since. */
function riseOf(process: Process, before: ProcessTable): { own: number; waited: number } {
  const known = before.processes.get(process.pid);
  if (known && isSameProcess(known, process)) {
    return { own: Math.max(0, process.ownMs - known.ownMs), waited: Math.max(0, process.waitedMs - known.waitedMs) };
  }
  const isBorn = process.start >= before.begunAt;
  return isBorn ? { own: process.ownMs, waited: process.waitedMs } : { own: 0, waited: 0 };
}

/** What the ended processes of a ledger claim of their nearest ancestors that live. */
function claimsOf({ table: before, owed }: CpuLedger, table: ProcessTable): Map<number, Claim> {
  const claims = new Map<number, Claim>();
  for (const [pid, amount] of owed)
    if (survives(before.processes.get(pid), table)) claimOn(pid, claims).ofChildren += amount;
  for (const ended of before.processes.values()) {
    if (survives(ended, table)) continue;
    const counted = ended.ownMs + ended.waitedMs + (owed.get(ended.pid) ?? 0);
    const { heir, kind } = heirOf(ended, before, table);
    if (heir && counted > 0) claimOn(heir.pid, claims)[kind] += counted;
  }
  return claims;
}

/** Who will have waited for an ended process, itself or through those between who ended too. */
function heirOf(
  ended: Process,
  before: ProcessTable,
  table: ProcessTable,
): { heir: Process | undefined; kind: keyof Claim } {
  let isLate = table.endedMeanwhile.has(ended.pid);
  let heir = parentOf(ended, before);
  const isChild = survives(heir, table);
  while (heir && !survives(heir, table)) {
    isLate ||= table.endedMeanwhile.has(heir.pid);
    heir = parentOf(heir, before);
  }
  if (isLate) return { heir, kind: 'ofLate' };
  return { heir, kind: isChild ? 'ofChildren' : 'ofOrphans' };
}

function survives(process: Process | undefined, { processes }: ProcessTable): boolean {
  const found = process && processes.get(process.pid);
  return found !== undefined && process !== undefined && isSameProcess(found, process);
}

function claimOn(pid: number, claims: Map<number, Claim>): Claim {
  const known = claims.get(pid);
  if (known) return known;
  const claim = { ...NO_CLAIM };
  claims.set(pid, claim);
  return claim;
}
