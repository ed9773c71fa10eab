import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { settle } from '../support/chaos/aftermath.ts';
import { judgeEvents } from '../support/chaos/judge.ts';
import { Place } from '../support/chaos/place.ts';
import { RestlessDaemon } from '../support/chaos/restless-daemon.ts';
import { seriesProblems } from '../support/chaos/series.ts';
import { makePrivateFolder, removeFolder } from '../support/machine/private-folder.ts';
import { seededRandom } from '../support/sample/random.ts';
import { SEED } from '../support/sample/seed.ts';

const STARTS = 20;
const SERVERS = 6;

describe(`A daemon that is killed with -9 ${STARTS} times while servers die`, () => {
  const random = seededRandom(SEED);
  let folder: string;
  let daemon: RestlessDaemon;
  let places: Place[];

  beforeEach(async () => {
    folder = await makePrivateFolder();
    const sockets = join(folder, 's');
    await mkdir(sockets, { mode: 0o700 });
    daemon = new RestlessDaemon(sockets, folder, []);
    await daemon.configure({ servers: [], timeout: '1s' });
    places = [];
    for (let number = 0; number < SERVERS; number++)
      places.push(await Place.create(sockets, `s${number}`, (socket) => daemon.hasWatch(socket)));
  });

  afterEach(async () => {
    await daemon.kill();
    for (const place of places) await place.cleanup();
    await removeFolder(folder);
  });

  it(`tells each death once over all its lives, loses no event and doubles none (FUZZ_SEED=${SEED})`, async () => {
    for (let start = 1; start <= STARTS; start++) await Promise.all([liveAndBeKilled(), dieAndComeBack()]);
    await daemon.start();

    expect(await settle(daemon, places)).toEqual([]);
    expect(await seriesProblems(daemon, places)).toEqual([]);
    const { problems, told } = judgeEvents(
      places.flatMap(({ lives }) => lives),
      daemon.witness.events,
      daemon.disturbances,
    );
    expect(problems).toEqual([]);
    expect([...daemon.witness.problems, ...daemon.problems]).toEqual([]);
    expect(told).toBeGreaterThan(STARTS / 2);
  }, 120_000);

  /** Half of its lives end while it starts. */
  async function liveAndBeKilled(): Promise<void> {
    if (random() < 0.5) return daemon.startInVain(random() * 1_200);
    await daemon.start();
    await delay(random() * 500);
    await daemon.kill();
  }

  async function dieAndComeBack(): Promise<void> {
    for (const place of places) {
      if (random() < 0.5) continue;
      await delay(random() * 250);
      if (place.state === 'dead') await place.restart();
      else await place.end(random() < 0.5 ? 'SIGKILL' : 'kill-server');
    }
  }
});
