import type { TmuxEvent } from '../../../src/core/event/event.ts';
import { type Disturbance, isDisturbed, type Life } from '../chaos/life.ts';

/** An event, and when it came by the machine's own clock: that of the daemon jumps. Unix milliseconds. */
export interface Arrival {
  readonly event: TmuxEvent;
  readonly at: number;
}

/** The result of comparing the reported deaths with the true ones. Each list is in words. */
export interface Verdict {
  readonly deaths: number;
  readonly reported: number;
  readonly missed: readonly string[];
  readonly invented: readonly string[];
  readonly doubled: readonly string[];
  /** Servers that were reported unreachable: none ever is. */
  readonly unreachable: readonly string[];
  /** Lives that were long enough to be found, and were not. */
  readonly overlooked: readonly string[];
}

/** How long a server may live unseen if nothing interferes, in milliseconds. */
const UNSEEN_MS = 10_000;

/** Compares the deaths that were reported with the lives that were lived. A life is known by its name and pid, because the daemon's clock is wrong. */
export function judgeDeaths(
  lives: readonly Life[],
  arrivals: readonly Arrival[],
  disturbances: readonly Disturbance[],
): Verdict {
  const ups = new Set(arrivals.filter(({ event }) => event.type === 'server-up').map(keyOf));
  const gones = Map.groupBy(
    arrivals.filter(({ event }) => event.type === 'server-gone' && event.server?.pid != null),
    keyOf,
  );
  const byKey = new Map(lives.map((life) => [keyOfLife(life), life]));
  const dead = lives.filter(({ death }) => death !== null);
  return {
    deaths: dead.length,
    reported: gones.size,
    missed: dead.filter((life) => ups.has(keyOfLife(life)) && !gones.has(keyOfLife(life))).map(keyOfLife),
    invented: [...gones].flatMap(([key, [first]]) => (wasDead(byKey.get(key), first) ? [] : [key])),
    doubled: [...gones].flatMap(([key, { length }]) => (length > 1 ? [key] : [])),
    unreachable: arrivals.flatMap(({ event }) => (event.type === 'server-unreachable' ? [event.title] : [])),
    overlooked: lives
      .filter((life) => !ups.has(keyOfLife(life)) && !gones.has(keyOfLife(life)) && !isExcused(life, disturbances))
      .map(keyOfLife),
  };
}

function wasDead(life: Life | undefined, first: Arrival | undefined): boolean {
  return life?.death != null && first !== undefined && life.death.at <= first.at;
}

function isExcused({ begunAt, death }: Life, disturbances: readonly Disturbance[]): boolean {
  const end = death?.at ?? Date.now();
  return end - begunAt < UNSEEN_MS || isDisturbed(disturbances, begunAt, end);
}

function keyOf({ event }: Arrival): string {
  return `${event.server?.name} (pid ${event.server?.pid})`;
}

function keyOfLife({ name, pid }: Life): string {
  return `${name} (pid ${pid})`;
}
