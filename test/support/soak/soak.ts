import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Disturbance, isDisturbed } from '../chaos/life.ts';
import { Place } from '../chaos/place.ts';
import { eventually } from '../machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';
import { seededRandom } from '../sample/random.ts';
import { Churn } from './churn.ts';
import { FeedClient } from './feed-client.ts';
import { incidentsOf } from './incidents.ts';
import { Receiver } from './receiver.ts';
import { SoakScraper } from './scraper.ts';
import { type Holding, SoakedDaemon } from './soaked-daemon.ts';
import { type Arrival, judgeDeaths, type Verdict } from './verdict.ts';

/** How long and how wide a soak is. */
export interface SoakOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly servers: number;
  readonly clients: number;
  readonly scrapers: number;
  /** Called with each step, in words. */
  readonly onStep: (text: string) => void;
}

/** The result of a soak. */
export interface SoakReport extends Verdict {
  readonly events: number;
  readonly incidents: readonly string[];
  /** Everything else that was wrong, in words. */
  readonly problems: readonly string[];
  readonly scrapes: number;
  /** Failed scrapes while the daemon was stopped or had no descriptors left. */
  readonly excusedScrapes: number;
  readonly failedScrapes: readonly string[];
  readonly connects: number;
  /** Clients of the feed that did not get each event exactly once. */
  readonly badClients: readonly string[];
  readonly receivers: readonly {
    readonly name: string;
    readonly refused: number;
    readonly undelivered: number;
    /** Deaths that two different messages reported. */
    readonly repeated: number;
    /** When a message came again under the same id. */
    readonly again: readonly string[];
  }[];
  readonly warm: Holding;
  readonly eventsWhenWarm: number;
  readonly end: Holding;
}

/** The part of the time that warms the daemon up. The troubles share the rest: half of each share is the trouble, at most this long, and then it is quiet. */
const WARM_UP = 0.2;
const LONGEST_INCIDENT_MS = 60_000;
/** How long after a disturbance its effects may last, in milliseconds. */
const AFTERMATH_MS = 10_000;
/** One client in ten pauses this long after each line; one in forty hardly reads at all. */
const SLOWNESS_MS = [300, 1_000, 3_000, 60_000];

/** Lets a daemon with many clients live through every trouble, one after the other, while its servers come and go. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const folder = await makePrivateFolder();
  const cleanups: (() => Promise<unknown>)[] = [() => removeFolder(folder)];
  try {
    return await new Soak(options, folder, cleanups).run();
  } finally {
    for (const clean of cleanups.toReversed()) await clean();
  }
}

class Soak {
  readonly #options: SoakOptions;
  readonly #folder: string;
  readonly #cleanups: (() => Promise<unknown>)[];
  readonly #arrivals: Arrival[] = [];
  readonly #disturbances: Disturbance[] = [];
  readonly #problems: string[] = [];
  readonly #incidents: string[] = [];
  readonly #places: Place[] = [];
  #receivers: readonly Receiver[] = [];

  constructor(options: SoakOptions, folder: string, cleanups: (() => Promise<unknown>)[]) {
    this.#options = options;
    this.#folder = folder;
    this.#cleanups = cleanups;
  }

  async run(): Promise<SoakReport> {
    await this.#startServers();
    this.#receivers = await Promise.all(['one', 'two', 'failing'].map((name) => Receiver.start(name)));
    for (const receiver of this.#receivers) this.#cleanups.push(() => receiver.close());
    const soaked = await SoakedDaemon.start(
      this.#folder,
      this.#receivers.map(({ config }) => config),
    );
    this.#cleanups.push(() => soaked.end());
    return this.#live(soaked).catch((error: unknown) => {
      const lines = soaked.daemon.log.slice(-10).map(({ msg }) => msg);
      throw new Error(`the soak was cut short; the end of the log: ${lines.join('\n')}`, { cause: error });
    });
  }

  async #live(soaked: SoakedDaemon): Promise<SoakReport> {
    const { seed, seconds, onStep } = this.#options;
    const clients = this.#connectClients(soaked);
    const scrapers = Array.from({ length: this.#options.scrapers }, () => new SoakScraper(soaked));
    const churn = new Churn(this.#places, seed);
    this.#cleanups.push(async () => {
      await Promise.all([churn.end(), ...scrapers.map((scraper) => scraper.end())]);
      await Promise.all(clients.map((client) => client.close()));
    });

    await delay(seconds * WARM_UP * 1_000);
    onStep('warmed up');
    await this.#settle(soaked, churn);
    const warm = await soaked.holding();
    const eventsWhenWarm = this.#arrivals.length;
    churn.goOn();
    await this.#trouble(soaked, churn);
    onStep('all troubles are over');
    await this.#settle(soaked, churn);
    await this.#deliverAll();
    for (const client of clients) client.slownessMs = 0;
    await this.#allCaughtUp(clients);
    const end = await soaked.holding();

    const failures = scrapers.flatMap((scraper) => scraper.failures);
    const excused = failures.filter(({ from, to }) => isDisturbed(this.#disturbances, from, to));
    const lives = this.#places.flatMap((place) => place.lives);
    return {
      ...judgeDeaths(lives, this.#arrivals, this.#disturbances),
      events: this.#arrivals.length,
      incidents: this.#incidents,
      problems: [...this.#problems, ...churn.problems],
      scrapes: scrapers.reduce((sum, scraper) => sum + scraper.scrapes, 0),
      excusedScrapes: excused.length,
      failedScrapes: failures
        .filter((failure) => !excused.includes(failure))
        .map(({ from, problem }) => `${new Date(from).toISOString()}: ${problem}`),
      connects: clients.reduce((sum, client) => sum + client.connects, 0),
      badClients: clients.flatMap((client, index) => this.#clientProblems(client, index)),
      receivers: this.#receivers.map((receiver) => this.#deliveries(receiver)),
      warm,
      eventsWhenWarm,
      end,
    };
  }

  async #startServers(): Promise<void> {
    const sockets = join(this.#folder, 's');
    await mkdir(sockets, { mode: 0o700 });
    this.#cleanups.push(() => Promise.all(this.#places.map((place) => place.cleanup())));
    for (let number = 0; number < this.#options.servers; number++) {
      this.#places.push(await Place.create(sockets, `s${number}`, () => false));
    }
  }

  #connectClients({ access, url }: SoakedDaemon): FeedClient[] {
    return Array.from({ length: this.#options.clients }, (_, index) => {
      const slownessMs = index % 10 === 9 ? (SLOWNESS_MS[Math.floor(index / 10) % SLOWNESS_MS.length] ?? 0) : 0;
      const onEvent = (event: Arrival['event']) => void this.#arrivals.push({ event, at: Date.now() });
      // The first one is our witness.
      return new FeedClient({ access, url, slownessMs, onEvent: index === 0 ? onEvent : () => {} });
    });
  }

  /** Each trouble once, in an order by chance. One receiver fails until the last one is over. */
  async #trouble(soaked: SoakedDaemon, churn: Churn): Promise<void> {
    const random = seededRandom(this.#options.seed - 1);
    const incidents = incidentsOf(soaked, churn)
      .map((incident) => ({ incident, place: random() }))
      .toSorted((a, b) => a.place - b.place)
      .map(({ incident }) => incident);
    const shareMs = (this.#options.seconds * 1_000 * (1 - WARM_UP)) / incidents.length;
    const lengthMs = Math.min(LONGEST_INCIDENT_MS, shareMs / 2);
    const [, , failing] = this.#receivers;
    if (failing) failing.isFailing = true;
    for (const { name, isDisturbing, happen } of incidents) {
      this.#options.onStep(name);
      this.#incidents.push(name);
      const from = Date.now();
      await happen(lengthMs);
      if (isDisturbing) this.#disturbances.push({ from, to: Date.now() + AFTERMATH_MS });
      await delay(shareMs - lengthMs);
    }
    if (failing) failing.isFailing = false;
  }

  /** Brings all servers to life, and waits until the daemon sees them all. */
  async #settle(soaked: SoakedDaemon, churn: Churn): Promise<void> {
    await churn.rest();
    const isSettled = async () => {
      const up = await soaked.up();
      return up.size === this.#places.length && this.#places.every(({ name, life }) => up.get(name) === life.pid);
    };
    await this.#come('every server is up', isSettled);
  }

  async #deliverAll(): Promise<void> {
    const isDelivered = () => this.#receivers.every((receiver) => this.#deliveries(receiver).undelivered === 0);
    await this.#come('every death is delivered', isDelivered);
  }

  async #allCaughtUp(clients: readonly FeedClient[]): Promise<void> {
    const isThere = () => clients.every(({ head, owed }) => head + owed === this.#arrivals.length);
    await this.#come('every client of the feed has every event', isThere);
  }

  async #come(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    await eventually(what, holds, 120_000).catch(({ message }: Error) => this.#problems.push(message));
  }

  #clientProblems({ head, owed, problems }: FeedClient, index: number): string[] {
    const behind = head + owed === this.#arrivals.length ? [] : [`${head} of ${this.#arrivals.length} events`];
    const all = [...problems, ...behind];
    return all.length === 0 ? [] : [`client ${index}: ${all.join('; ')}`];
  }

  #deliveries({ name, accepted, again, refused }: Receiver) {
    const gones = this.#arrivals.filter(({ event }) => event.type === 'server-gone');
    const undelivered = gones.filter(({ event }) => !accepted.has(event.id)).length;
    const repeated = [...accepted.values()].filter(({ size }) => size > 1).length;
    return { name, refused, undelivered, repeated, again };
  }
}
