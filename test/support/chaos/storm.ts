import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { TmuxEvent } from '../../../src/core/event/event.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';
import { seededRandom } from '../sample/random.ts';
import { CAN_HIDE } from '../tmux/hidden-server.ts';
import { examineAftermath, type Footprint } from './aftermath.ts';
import { Happenings } from './happenings.ts';
import { type Judgement, judgeEvents } from './judge.ts';
import { Place } from './place.ts';
import { RestlessDaemon } from './restless-daemon.ts';

/** How a storm blows. */
export interface StormOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly servers: number;
}

/** The result of a storm. */
export interface StormReport extends Judgement {
  readonly seed: number;
  /** How often each thing happened. */
  readonly happenings: Readonly<Record<string, number>>;
  /** The number of events in all. */
  readonly events: number;
  /** What happened to the servers and what was reported of them, one line each, in order of time. */
  readonly trace: readonly string[];
  readonly afterStorm: Footprint;
  readonly fresh: Footprint;
}

/** How many things happen in a second, to all servers together. */
const PACE = 6;

/** One of so many servers lives in a mount namespace of its own, if that can be had. */
const HIDDEN_EACH = 5;

/** No server of another test is called so, since all tests find each other's processes. */
function hiddenName(name: string): string {
  return `${name}-of-${process.pid}`;
}

/** The names of a storm's servers, those included that others displaced. */
function patternsOf(names: readonly string[], elsewhere: readonly string[]): readonly string[] {
  const seen = names.filter((name) => !elsewhere.includes(name));
  return elsewhere.length === 0
    ? []
    : [...seen.flatMap((name) => [name, `${name}+*`]), ...elsewhere.map((name) => `${hiddenName(name)}@*`)];
}

/** Lets everything happen to servers and to the daemon that watches them, then compares what was told with what was true. */
export async function storm({ seed, seconds, servers }: StormOptions): Promise<StormReport> {
  const folder = await makePrivateFolder();
  const sockets = join(folder, 's');
  await mkdir(sockets, { mode: 0o700 });
  const names = Array.from({ length: servers }, (_, number) => `s${number}`);
  const elsewhere = CAN_HIDE ? names.filter((_, number) => number % HIDDEN_EACH === HIDDEN_EACH - 1) : [];
  const daemon = new RestlessDaemon(sockets, folder, patternsOf(names, elsewhere));
  const places: Place[] = [];
  try {
    for (const name of names) {
      const place = elsewhere.includes(name)
        ? Place.createHidden(join(folder, 'elsewhere'), hiddenName(name), daemon.isWatched)
        : Place.create(sockets, name, daemon.isWatched);
      places.push(await place);
    }
    const happenings = new Happenings(daemon, places);
    await happenings.begin();
    await blow(happenings, { seed, seconds, servers });
    const { problems: left, afterStorm, fresh } = await examineAftermath(daemon, places, sockets);
    const { events } = daemon.witness;
    const lives = places.flatMap((place) => place.lives);
    const judgement = judgeEvents(lives, events, daemon.disturbances);
    const problems = [...daemon.witness.problems, ...daemon.problems, ...happenings.problems, ...left];
    return {
      ...judgement,
      seed,
      problems: [...judgement.problems, ...problems],
      happenings: happenings.counts,
      events: events.length,
      trace: [...happenings.trace, ...events.map(traceOf)].sort(),
      afterStorm,
      fresh,
    };
  } finally {
    await daemon.kill();
    await Promise.all(places.map((place) => place.cleanup()));
    await removeFolder(folder);
  }
}

function traceOf({ time, server, title, id }: TmuxEvent): string {
  return `${time} ${server?.name ?? '-'} ${server?.pid ?? '-'} reported: ${title} (${id}, ${server?.socket ?? '-'})`;
}

/** Things happen to each server one after the other, to different servers at the same time, and to the daemon meanwhile. */
async function blow(happenings: Happenings, { seed, seconds, servers }: StormOptions): Promise<void> {
  const until = performance.now() + seconds * 1000;
  const pauseMs = (servers / PACE) * 1000;
  const lanes = happenings.places.map(async (place, index) => {
    const random = seededRandom(seed + index);
    while (performance.now() < until) {
      await delay(random() * 2 * pauseMs);
      await happenings.toPlace(place, random);
    }
  });
  const random = seededRandom(seed - 1);
  // The last part is for one daemon alone, so that what it leaks has time to show.
  const killsUntil = performance.now() + seconds * 700;
  const fate = (async () => {
    while (performance.now() < until) {
      await delay(2_000 + random() * 6_000);
      await happenings.toDaemon(random, performance.now() < killsUntil);
    }
  })();
  await Promise.all([...lanes, fate]);
}
