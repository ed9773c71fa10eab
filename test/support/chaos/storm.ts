import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';
import { seededRandom } from '../sample/random.ts';
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
  readonly afterStorm: Footprint;
  readonly fresh: Footprint;
}

/** How many things happen in a second, to all servers together. */
const PACE = 6;

/** Lets everything happen to servers and to the daemon that watches them, then compares the events with the truth. */
export async function storm({ seed, seconds, servers }: StormOptions): Promise<StormReport> {
  const folder = await makePrivateFolder();
  const sockets = join(folder, 's');
  await mkdir(sockets, { mode: 0o700 });
  const daemon = new RestlessDaemon(sockets, folder);
  const places: Place[] = [];
  try {
    for (let number = 0; number < servers; number++) {
      places.push(await Place.create(sockets, `s${number}`, daemon.isWatched));
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
      afterStorm,
      fresh,
    };
  } finally {
    await daemon.kill();
    await Promise.all(places.map((place) => place.cleanup()));
    await removeFolder(folder);
  }
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
