import { addClaim, type Claim, claimsOf, nearestAncestor, noDebts, type Owed, type Sums } from './cpu-claim.ts';
import { isSameProcess, type Process, type ProcessTable } from './process.ts';

/** What was counted so far of each process that lived at the last pass. */
export interface CpuLedger {
  readonly table: ProcessTable;
  /** Milliseconds by pid that were counted already and will show up in the waited-for time of that process or an ancestor; only if there are some. */
  readonly owed: ReadonlyMap<number, Owed>;
}

/** A ledger carried on by one pass, and what each process spent since the pass before. */
export interface Settlement {
  readonly ledger: CpuLedger;
  /** Milliseconds by pid, with what its children spent that came and went in between; never negative. */
  readonly spent: ReadonlyMap<number, number>;
}

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
  const owed = noDebts();
  if (!before) return { ledger: { table, owed }, spent };
  const claims = claimsOf(before.table, before.owed, table);
  for (const process of [...table.processes.values()].reverse()) {
    const { own, waited } = riseOf(process, before.table);
    const claim = claims.get(process.pid);
    const books = { claims, owed, pid: process.pid };
    const left = claim ? meet(claim, waited, { ...books, ...nearestAncestor(process, before.table, table) }) : waited;
    spent.set(process.pid, own + left);
  }
  return { ledger: { table, owed }, spent };
}

interface Books {
  readonly pid: number;
  readonly ancestor: Process | undefined;
  /** A process between the two ended during the pass. */
  readonly isLate: boolean;
  readonly claims: Sums<Claim>;
  readonly owed: Sums<Owed>;
}

/** Takes what is claimed off the time waited for; passes on to an ancestor what an adopter may have waited for. Returns the time left. */
function meet(claim: Claim, waited: number, { pid, ancestor, isLate, claims, owed }: Books): number {
  let left = waited;
  const unmet = (ms: number) => {
    const met = Math.min(left, ms);
    left -= met;
    return ms - met;
  };
  unmet(claim.ofChildren);
  const orphans = unmet(claim.ofOrphans);
  if (ancestor) addClaim(claims.of(ancestor.pid), isLate ? 'ofLateOrphans' : 'ofOrphans', pid, orphans);
  const late = unmet(claim.ofLate);
  if (late > 0) owed.of(pid).ofChildren += late;
  for (const [debtor, ms] of claim.ofLateOrphans) {
    // Nobody counts what the topmost process waits for, so nothing that it shows settles a debt.
    if (!ancestor) owed.of(debtor).ofOrphans += ms;
    else addClaim(claims.of(ancestor.pid), 'ofLateOrphans', debtor, unmet(ms));
  }
  return left;
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
