import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryLog } from '../../../src/core/registry/memory-log.ts';
import { Registry } from '../../../src/core/registry/registry.ts';
import { createExposition, type Exposition } from '../../../src/metrics/exposition.ts';
import { Poller } from '../../../src/poll/poller.ts';
import { createGatherer } from '../../../src/tmux/evidence.ts';
import { exposureOf } from '../daemon/exposure.ts';
import { sampleSelfMetrics } from '../daemon/self-metrics.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';
import { unsetClock } from '../sample/fake-clock.ts';
import { seededRandom } from '../sample/random.ts';
import { World } from './world.ts';

/** How a day passes. */
export interface DayOptions {
  readonly servers: number;
  /** It ends when so many sessions, windows and panes were made. */
  readonly objects: number;
  readonly seed: number;
}

/** The result of a day. */
export interface DayReport {
  readonly ticks: number;
  readonly objects: number;
  readonly deaths: number;
  readonly events: number;
  readonly seconds: number;
  /** Bytes of the heap in use after collection: when a fifth of the day had passed, and at its end. */
  readonly heapEarly: number;
  readonly heapAtEnd: number;
  /** The most series of any scrape, and the most that the world has given reason for. */
  readonly mostSeries: number;
  readonly mostExpected: number;
  /** Everything that differs from the truth. */
  readonly problems: readonly string[];
}

/** So few that it is full long before the heap is first looked at. */
const HISTORY = 200;
/** A scrape is compared with the truth after every so many ticks. */
const SCRAPE_EVERY = 5;
const MOST_PROBLEMS = 20;
/** Every level that is compared. */
const EVERY_LEVEL = exposureOf({ window: true, pane: true });
const LEVELS = ['sessions', 'windows', 'panes'] as const;
/** More series than this one of each has not, nor have we ourselves. */
const MOST = { session: 20, window: 10, pane: 15, server: 60, own: 300 };

/** Passes a day: everything from the socket to the scrape is as in the daemon, but the protocol, and /proc. */
export async function passDay(options: DayOptions): Promise<DayReport> {
  const folder = await makePrivateFolder();
  const day = new Day(folder, options);
  try {
    return await day.pass();
  } finally {
    day.close();
    await removeFolder(folder);
  }
}

class Day {
  readonly #options: DayOptions;
  readonly #world: World;
  readonly #self = sampleSelfMetrics();
  readonly #events: Record<string, number> = {};
  readonly #problems: string[] = [];
  readonly #registry: Registry;
  readonly #poller: Poller;
  readonly #exposition: Exposition;
  #mostSeries = 0;
  #mostExpected = 0;

  constructor(folder: string, options: DayOptions) {
    this.#options = options;
    this.#world = new World(folder, seededRandom(options.seed));
    this.#registry = new Registry({
      journal: new MemoryLog('day', { host: 'box', bootId: null }, HISTORY),
      onEvent: ({ event }) => {
        this.#events[event.type] = (this.#events[event.type] ?? 0) + 1;
        this.#self.observe(event);
      },
      clock: unsetClock(Date.now),
      limits: () => ({ maxServers: 1_000, lingerMs: 0 }),
    });
    this.#poller = this.#createPoller();
    const onError = (error: Error) => this.#wrong(error.message);
    this.#exposition = createExposition({
      view: () => this.#registry.view(),
      self: this.#self,
      exposure: () => EVERY_LEVEL,
      onError,
    });
  }

  async pass(): Promise<DayReport> {
    const { servers, objects } = this.#options;
    const begun = performance.now();
    await this.#world.populate(servers);
    let heapEarly = 0;
    let ticks = 0;
    for (; this.#world.made < objects; ticks++) {
      await this.#tick();
      if (ticks % SCRAPE_EVERY === 0) this.#compareScrape(await this.#scrape());
      if (heapEarly === 0 && this.#world.made > objects / 5) heapEarly = heapUsed();
      await this.#world.pass();
    }
    await this.#tick();
    this.#compareScrape(await this.#scrape());
    this.#compareEvents();
    return {
      ticks,
      objects: this.#world.made,
      deaths: this.#events['server-gone'] ?? 0,
      events: Object.values(this.#events).reduce((sum, count) => sum + count, 0),
      seconds: (performance.now() - begun) / 1000,
      heapEarly,
      heapAtEnd: heapUsed(),
      mostSeries: this.#mostSeries,
      mostExpected: this.#mostExpected,
      problems: this.#problems,
    };
  }

  close(): void {
    this.#world.close();
  }

  async #tick(): Promise<void> {
    for (const { name, socket, life } of this.#world.spots) {
      if (!life || this.#registry.at({ socket })) continue;
      this.#registry.register({ name, socket, registration: 'discovered' });
      this.#world.registered();
    }
    await this.#poller.pollAll();
    this.#registry.sweep();
    this.#world.polled();
  }

  async #scrape(): Promise<Map<string, number>> {
    const { chunks } = await this.#exposition.scrape({ accept: undefined, acceptEncoding: undefined });
    const lines = Buffer.concat(chunks).toString().split('\n');
    const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(samples.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
  }

  /** Everything that stands in a scrape is compared with the world, by reading the text. */
  #compareScrape(samples: ReadonlyMap<string, number>): void {
    const spots = this.#world.spots;
    const inAll = { sessions: 0, windows: 0, panes: 0 };
    for (const { name, life } of spots) {
      const windows = [...(life?.content.windows.values() ?? [])];
      const panes = windows.reduce((sum, window) => sum + window.panes.size, 0);
      const counts = { sessions: life?.content.sessions.size ?? 0, windows: windows.length, panes };
      for (const level of LEVELS) {
        const found = samples.get(`tmux_server_${level}{server="${name}"}`);
        this.#expect(`${level} of ${name}`, found, life ? counts[level] : undefined);
        inAll[level] += counts[level];
      }
    }
    const living = spots.flatMap(({ name, life }) =>
      [...(life?.content.sessions.values() ?? [])].map((session) => `server="${name}",session="${escaped(session)}"`),
    );
    const shown = (family: string) => [...samples.keys()].filter((series) => series.startsWith(`${family}{`)).length;
    this.#expect('sessions shown', shown('tmux_session_windows'), inAll.sessions);
    this.#expect('windows shown', shown('tmux_window_panes'), inAll.windows);
    this.#expect('panes shown', shown('tmux_pane_dead'), inAll.panes);
    for (const labels of living) if (!samples.has(`tmux_session_windows{${labels}}`)) this.#wrong(`no ${labels}`);
    for (const [reason, count] of Object.entries(this.#world.told.deaths)) {
      this.#expect(`deaths (${reason})`, sumOf(samples, `tmux_server_gone_total{`, `reason="${reason}"`), count);
      this.#expect(`reaped (${reason})`, samples.get(`tmux_exporter_servers_reaped_total{reason="${reason}"}`), count);
    }
    this.#expect('tmux_exporter_series', samples.get('tmux_exporter_series'), samples.size);
    this.#mostSeries = Math.max(this.#mostSeries, samples.size);
    const { sessions, windows, panes } = inAll;
    const most = sessions * MOST.session + windows * MOST.window + panes * MOST.pane + spots.length * MOST.server;
    this.#mostExpected = Math.max(this.#mostExpected, most + MOST.own);
  }

  #compareEvents(): void {
    const types = new Set([...Object.keys(this.#events), ...Object.keys(this.#world.told.events)]);
    for (const type of types) this.#expect(`events ${type}`, this.#events[type], this.#world.told.events[type]);
  }

  #createPoller(): Poller {
    const gather = createGatherer({
      asking: (socket) => async (command) => {
        const life = this.#world.lifeAt(socket);
        const stdout = life?.answer(command) ?? '';
        return { kind: 'exited', code: life ? 0 : 1, stdout, stderr: life ? '' : `no server running on ${socket}` };
      },
      platform: {
        available: true,
        readClaim: (pid) => ({ mark: { pid, start: String(pid) }, proof: 'proven', details: null }),
        liveness: ({ pid }) => (this.#world.spots.some(({ life }) => life?.process.pid === pid) ? 'alive' : 'dead'),
        readContainment: () => null,
        isStopped: () => false,
        isListening: () => null,
      },
      ownUid: process.getuid?.() ?? null,
      uptime: Date.now,
      delay: () => Promise.resolve(),
      watchEnd: async (name) => this.#world.spots.find((spot) => spot.name === name)?.watchEnd ?? null,
    });
    return new Poller({
      concurrency: 8,
      list: () => this.#registry.list(),
      get: (name) => this.#registry.get(name),
      gather,
      commit: (record, observation) => {
        this.#registry.apply(record.target.name, record.generation, observation);
        if (observation.answer.kind === 'failure' && this.#registry.get(record.target.name)) {
          this.#wrong(`${record.target.name}: ${observation.answer.failure.message}`);
        }
      },
      onError: (error) => this.#wrong(String(error)),
    });
  }

  #expect(what: string, found: number | undefined, expected: number | undefined): void {
    if (found !== expected) this.#wrong(`${what}: expected ${expected}, found ${found}`);
  }

  #wrong(problem: string): void {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(problem);
  }
}

/** As both formats write a label value. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function sumOf(samples: ReadonlyMap<string, number>, start: string, label: string): number {
  let sum = 0;
  for (const [series, value] of samples) if (series.startsWith(start) && series.includes(label)) sum += value;
  return sum;
}

function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let time = 0; time < 3; time++) collect();
  return process.memoryUsage().heapUsed;
}
