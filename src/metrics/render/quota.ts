import type { Snapshot } from '../../core/model/snapshot.ts';
import type { Level } from '../families/exposure.ts';
import type { FamilyGroup } from '../families/families.ts';
import type { Entry, ServerSubject, Truncation } from '../families/subject.ts';
import type { Steps } from '../text/slices.ts';

/** The number of objects that a server may show, for each group of families; always the oldest. */
export type Quota = readonly number[];

/** Series counted in one step. */
const COUNTED_AT_ONCE = 500;

/** Upper bound on the series of the entries, computed without reading any object. */
export function mostSeries(entries: readonly Entry[], groups: readonly FamilyGroup[]): number {
  const mostOf = ({ record }: Entry) =>
    groups.reduce(
      (sum, { most, turned }) => sum + most * objectsOf(record?.snapshot ?? null, turned?.level ?? null),
      0,
    );
  return entries.reduce((sum, entry) => sum + mostOf(entry), 0);
}

function objectsOf(snapshot: Snapshot | null, level: Level | null): number {
  switch (level) {
    case null:
      return 1;
    case 'session':
      return snapshot?.sessions.length ?? 0;
    case 'window':
      return snapshot?.windows.length ?? 0;
    case 'client':
      return snapshot?.attachedClients.length ?? 0;
    case 'pane':
      return snapshot?.panes.length ?? 0;
  }
}

/**
 * Divides a budget of series between the objects of all servers.
 *
 * The servers themselves are always shown. The rest is given to one group of families after the other, so if it does not suffice,
 * the deepest level is cut first. Within a group, the oldest object of every server comes first, then the second oldest, and so
 * on. So no server crowds out all others, and an object that comes or goes changes at most as many other series as it has itself.
 */
export function* allot(
  servers: readonly ServerSubject[],
  groups: readonly FamilyGroup[],
  budget: number,
): Steps<readonly Quota[]> {
  const whole = servers.map((server) => groups.map(({ size }) => size(server)));
  const quotas: number[][] = servers.map(() => []);
  let left = budget;
  for (const [at, group] of groups.entries()) {
    const wanted = whole.map((sizes) => sizes[at] ?? 0);
    const shares = yield* share(servers, group, wanted, group.turned === null ? Number.POSITIVE_INFINITY : left);
    for (const [place, quota] of quotas.entries()) quota.push(shares.counts[place] ?? 0);
    left = shares.isWhole ? left - shares.series : 0;
  }
  return quotas;
}

/** The levels of a server at which a limit leaves objects out, including what the quota leaves out. */
export function truncationsBy(
  quota: Quota,
  groups: readonly FamilyGroup[],
  server: ServerSubject,
): readonly Truncation[] {
  const isShort = (of: Truncation) =>
    groups.some(({ turned, size }, at) => turned?.level === of.level && (quota[at] ?? 0) < size(server));
  return server.truncated.map((of) => ({ ...of, isCut: of.isCut || isShort(of) }));
}

interface Shares {
  readonly counts: readonly number[];
  readonly series: number;
  readonly isWhole: boolean;
}

function* share(
  servers: readonly ServerSubject[],
  { seriesAt }: FamilyGroup,
  wanted: readonly number[],
  budget: number,
): Steps<Shares> {
  const counts = servers.map(() => 0);
  let series = 0;
  let counted = 0;
  let unfilled = [...servers.entries()].filter(([place]) => (wanted[place] ?? 0) > 0);
  for (let rank = 0; unfilled.length > 0; rank++) {
    for (const [place, server] of unfilled) {
      const cost = seriesAt(server, rank);
      if (series + cost > budget) return { counts, series, isWhole: false };
      series += cost;
      counts[place] = rank + 1;
      counted += cost;
      if (counted < COUNTED_AT_ONCE) continue;
      counted = 0;
      yield;
    }
    unfilled = unfilled.filter(([place]) => (wanted[place] ?? 0) > rank + 1);
  }
  return { counts, series, isWhole: true };
}
