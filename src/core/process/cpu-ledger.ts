import { addClaim, type Claim, claimsOf, nearestAncestor, noDebts, type Owed, type Sums } from './cpu-claim.ts';
import { isSameProcess, type Process, type ProcessTable } from './process.ts';

/** The processes of the last pass, with the CPU time that is counted already. */
export interface CpuLedger {
  readonly table: ProcessTable;
  /** Counted milliseconds, by pid, that will show up again in the waited-for time of that process or of an ancestor. */
  readonly owed: ReadonlyMap<number, Owed>;
}

/** The ledger after one pass, and the CPU time of each process since the pass before. */
export interface CpuCount {
  readonly ledger: CpuLedger;
  /** Milliseconds by pid, including children that started and ended between the passes; never negative. */
  readonly spent: ReadonlyMap<number, number>;
}

/**
 * Counts the CPU time that was spent between two passes, every millisecond once.
 *
 * When a parent waits for an ended child, the kernel adds the whole time of the child to the parent's waited-for time. What was
 * already counted while the child was alive is subtracted. The rest is time since the last pass, however many and short-lived
 * the children were. Time is only subtracted from waited-for time, and carried over to the next pass only if processes ended
 * during this one. So nothing is counted twice, and no count falls. The time that a process spends after its last pass is lost
 * if no process waits for it, or if the one that does is not accounted.
 */
export function countCpu(before: CpuLedger | null, table: ProcessTable): CpuCount {
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
  /** Whether a process between the two ended during the pass. */
  readonly isLate: boolean;
  readonly claims: Sums<Claim>;
  readonly owed: Sums<Owed>;
}

/** Subtracts the claims from the waited-for time, and passes on to an ancestor what an adopter may have waited for. Returns the rest. */
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
    // The waited-for time of the topmost process is not counted, so it cannot meet a claim.
    if (!ancestor) owed.of(debtor).ofOrphans += ms;
    else addClaim(claims.of(ancestor.pid), 'ofLateOrphans', debtor, unmet(ms));
  }
  return left;
}

/** The rise of a process's times since the last pass. A process that started since counts from its start; any other new one counts from now. */
function riseOf(process: Process, before: ProcessTable): { own: number; waited: number } {
  const known = before.processes.get(process.pid);
  if (known && isSameProcess(known, process)) {
    return { own: Math.max(0, process.ownMs - known.ownMs), waited: Math.max(0, process.waitedMs - known.waitedMs) };
  }
  const isBorn = process.start >= before.begunAt;
  return isBorn ? { own: process.ownMs, waited: process.waitedMs } : { own: 0, waited: 0 };
}
