import { setTimeout as delay } from 'node:timers/promises';
import { Lane } from '../../../src/core/lane.ts';
import { eventually } from '../machine/eventually.ts';
import { connectionsTo, cutConnections } from '../tmux/watched.ts';
import type { Place } from './place.ts';
import type { RestlessDaemon } from './restless-daemon.ts';

type Random = () => number;

/** One thing that can happen to a place, and how likely it is beside the others. */
interface Happening {
  readonly name: string;
  readonly weight: number;
  readonly happen: () => Promise<void> | void;
}

/** Everything that happens in a storm: which, is chosen at random from what the truth allows. */
export class Happenings {
  readonly places: readonly Place[];
  readonly problems: string[] = [];
  readonly counts: Record<string, number> = {};
  /** Each thing that happened to a server: when, the place, the pid before it, what. */
  readonly trace: string[] = [];
  readonly #daemon: RestlessDaemon;
  /** A person takes nothing out while the daemon reads its configuration, or starts: nobody could say which came last. */
  readonly #turns = new Lane(1);

  constructor(daemon: RestlessDaemon, places: readonly Place[]) {
    this.#daemon = daemon;
    this.places = places;
  }

  /** Starts the daemon with some of the servers configured. */
  async begin(): Promise<void> {
    await this.#configure(() => 0.1);
    await this.#daemon.start();
  }

  /** Lets one thing happen to a place. */
  async toPlace(place: Place, random: Random): Promise<void> {
    const happening = chosen(this.#possible(place, random), random);
    this.#count(happening.name);
    this.trace.push(`${new Date().toISOString()} ${place.name} ${place.life.pid} ${happening.name}`);
    await happening.happen();
  }

  /** Lets one thing happen to the daemon. */
  async toDaemon(random: Random, mayKill: boolean): Promise<void> {
    const chance = random();
    if (chance < 0.2) await this.#stopDaemon(random);
    else if (mayKill && chance < 0.6) await this.#turns.run(() => this.#killDaemon(random));
    else await this.#turns.run(() => this.#reload(random));
  }

  #possible(place: Place, random: Random): Happening[] {
    const end = (weight: number) =>
      place.endings.map((ending) => ({
        name: ending,
        weight: weight / place.endings.length,
        happen: () => place.end(ending),
      }));
    switch (place.state) {
      case 'dead':
        return [{ name: 'restart', weight: 1, happen: () => place.restart() }];
      case 'stopped':
        return [{ name: 'SIGCONT', weight: 3, happen: () => place.goOn() }, ...end(1)];
      case 'ghost':
        return [
          { name: 'SIGUSR1', weight: 3, happen: () => place.makeSocketAgain() },
          { name: 'second server started over it', weight: 1, happen: () => place.restart() },
          ...end(1),
        ];
      case 'alive':
        return [...end(6), ...this.#lively(place, random)];
    }
  }

  #lively(place: Place, random: Random): Happening[] {
    return [
      { name: 'restart at once', weight: 2, happen: () => this.#replace(place, random) },
      { name: 'SIGSTOP', weight: 1, happen: () => place.stop() },
      { name: 'watch cut', weight: 2, happen: () => this.#cutWatch(place) },
      { name: 'sessions changed', weight: 2, happen: () => place.changeSessions(`x${Math.floor(random() * 3)}`) },
      ...(place.isHidden ? [] : this.#atItsPath(place)),
    ];
  }

  /** What only happens to a server whose path everybody sees. */
  #atItsPath(place: Place): Happening[] {
    return [
      { name: 'socket deleted', weight: 1, happen: () => place.loseSocket() },
      {
        name: place.isDeregistered ? 'registered' : 'deregistered',
        weight: 1,
        happen: () => this.#turns.run(() => this.#toggle(place)),
      },
      { name: 'displaced one killed', weight: place.hasDisplaced ? 3 : 0, happen: () => place.endDisplaced() },
    ];
  }

  async #replace(place: Place, random: Random): Promise<void> {
    await place.end(
      chosen(
        place.endings.map((ending) => ({ ending, weight: 1 })),
        random,
      ).ending,
    );
    await place.restart();
  }

  async #cutWatch(place: Place): Promise<void> {
    if (this.#daemon.pid === 0 || !this.#daemon.hasWatch(place.path)) return;
    const before = connectionsTo(place.path);
    await cutConnections(this.#daemon.pid, place.path);
    place.life.cutAt = Date.now();
    // Until the server has closed its ends, they look like a watch.
    const isClosed = () => !connectionsTo(place.path).some((one) => before.includes(one));
    await eventually('the server has closed what was cut', isClosed);
  }

  async #toggle(place: Place): Promise<void> {
    const { url, daemon } = this.#daemon;
    const isOut = place.isDeregistered;
    // A daemon that has not found this life yet has nothing to take out; one that is killed meanwhile does not answer.
    if (!daemon || !(isOut || (await knows(url, place)))) return;
    const changed = isOut
      ? daemon.change(place.apiPath, 'PUT', { socket: place.socket })
      : daemon.change(place.apiPath, 'DELETE');
    const answer = await changed.catch(() => null);
    if (!answer) return;
    if (answer.ok) place.isDeregistered = !isOut;
    else this.problems.push(`${answer.url}: ${answer.status}`);
  }

  async #killDaemon(random: Random): Promise<void> {
    this.#count('daemon killed');
    await this.#daemon.kill();
    await delay(random() * 1_500);
    if (random() < 0.3) {
      this.#count('daemon killed while it started');
      await this.#daemon.startInVain(random() * 1_200);
    }
    // A server that a person deregistered is found again by a daemon that starts anew.
    for (const place of this.places) place.isDeregistered = false;
    await this.#daemon.start();
  }

  /** As Ctrl-Z does, or as nobody can prevent. */
  async #stopDaemon(random: Random): Promise<void> {
    const name = random() < 0.5 ? 'SIGTSTP' : 'SIGSTOP';
    this.#count(`daemon stopped by ${name}`);
    await this.#daemon.stopFor(name, random() * 1_500);
  }

  async #reload(random: Random): Promise<void> {
    this.#count('reload');
    const isValid = random() < 0.8;
    if (!isValid) await this.#daemon.configure(null);
    const configured = isValid ? await this.#configure(random) : [];
    await this.#daemon.reload();
    // A configured server is back, although a person had deregistered it.
    for (const place of configured) place.isDeregistered = false;
    if (!isValid) await this.#configure(random);
  }

  /** Configures some of the servers, and gives those. */
  async #configure(random: Random): Promise<readonly Place[]> {
    const configured = this.places.filter(({ isHidden }) => !isHidden && random() < 0.2);
    const servers = configured.map(({ name, socket }) => ({ name, socket }));
    await this.#daemon.configure({ servers, timeout: random() < 0.5 ? '1s' : '1500ms' });
    return configured;
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1;
  }
}

async function knows(url: string, place: Place): Promise<boolean> {
  const answer = await fetch(url + place.apiPath).catch(() => null);
  if (!answer?.ok) return false;
  const { incarnation } = (await answer.json()) as { incarnation: { pid: number } | null };
  return incarnation?.pid === place.life.pid;
}

function chosen<T extends { weight: number }>(choices: readonly T[], random: Random): T {
  let rest = random() * choices.reduce((sum, { weight }) => sum + weight, 0);
  for (const choice of choices) {
    rest -= choice.weight;
    if (rest < 0) return choice;
  }
  throw new Error('expected something to choose from');
}
