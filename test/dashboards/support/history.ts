import { judgeHazards } from '../../../src/core/death/hazard.ts';
import type { TmuxEvent } from '../../../src/core/event/event.ts';
import { Registry } from '../../../src/core/registry/registry.ts';
import { createSelfMetrics, type SelfMetrics } from '../../../src/metrics/self/self-metrics.ts';
import { MemoryJournal } from '../../support/daemon/memory-journal.ts';
import { expositionOf, scrapeBody } from '../../support/judges/expositions.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { unsetClock } from '../../support/sample/fake-clock.ts';
import { samplePatient } from '../../support/sample/sample.ts';
import { END, HOURS, minutesBeforeEnd, SCENARIO, type ScriptedExporter, type ScriptedServer } from './scenario.ts';
import { alertsFor, type ScriptedAlert } from './scripted-alerts.ts';
import { HUBS, hubAt } from './scripted-hub.ts';
import { deathOf, lifeAt, observationAt, processesAt } from './scripted-life.ts';
import { stamped, type TargetLabels } from './stamped.ts';

/** The job that scrapes. */
export const JOB = 'tmux';

/** When the bus is down, in minutes before the end. */
const OUTAGE = { from: 280, to: 250 };

/** Time between two scrapes. */
export const SCRAPE_MS = 120_000;

const LINGER_MS = 300_000;

const BLOCK_MS = 7_200_000;

/** What a Prometheus would have scraped from the exporters and hubs of the scenario, in OpenMetrics with times, two hours each: through the registry, the metrics and the exposition of the real exporter, whose clock alone is scripted. */
export async function* historyBlocks(scenario = SCENARIO): AsyncGenerator<string> {
  const exporters = scenario.map((script) => new ScriptedRun(script));
  let block: string[] = [];
  for (let at = minutesBeforeEnd(HOURS * 60); at <= END; at += SCRAPE_MS) {
    for (const exporter of exporters) block.push(await exporter.scrape(at));
    for (const hub of HUBS) block.push(stamped(hubAt(hub, at), { job: JOB, instance: hub.instance }, at));
    if ((at + SCRAPE_MS) % BLOCK_MS >= SCRAPE_MS && at + SCRAPE_MS <= END) continue;
    yield `${block.join('')}# EOF\n`;
    block = [];
  }
}

/** What the exporters and a hub expose when the history ends. */
export async function exposedAtTheEnd(): Promise<string> {
  const exporters = SCENARIO.map((script) => new ScriptedRun(script));
  let body = '';
  for (const exporter of exporters) {
    for (const moment of [minutesBeforeEnd(HOURS * 60), minutesBeforeEnd(1), END]) await exporter.scrape(moment);
    let last = '';
    // The lag of the event loop has a sample only if it was measured since the scrape before.
    await eventually('the lag of the event loop is measured', async () => {
      last = await exporter.scrape(END);
      return /^nodejs_eventloop_lag_max_seconds[ {]/m.test(last);
    });
    body += last;
  }
  const [hub] = HUBS;
  return hub ? body + hubAt(hub, END) : body;
}

/** An exporter that lives through its script. */
class ScriptedRun {
  readonly #script: ScriptedExporter;
  readonly #registry: Registry;
  readonly #self: SelfMetrics;
  readonly #exposition: ReturnType<typeof expositionOf>;
  #now = 0;
  #before = 0;
  #deaths = 0;

  constructor(script: ScriptedExporter) {
    this.#script = script;
    this.#registry = new Registry({
      journal: new MemoryJournal(),
      onEvent: ({ event }) => this.#onEvent(event),
      clock: unsetClock(() => this.#now),
      limits: () => ({ maxServers: 1000, lingerMs: LINGER_MS }),
    });
    this.#self = createSelfMetrics({
      build: { version: '0.1.0', nodeVersion: 'v24.0.0' },
      registeredServers: () => this.#registry.list().length,
      heldWatches: () => this.#registry.list().filter(({ state }) => state === 'up').length,
      droppedLogLines: () => 0,
      tmuxCommands: ['display-message', 'list-sessions'],
      feedReasons: { drops: ['slow'], gaps: ['evicted'] },
    });
    this.#self.config.loaded(minutesBeforeEnd(HOURS * 60));
    this.#self.feed.connected();
    this.#self.webhooks.follow(['oncall'], ['prod'], () => [this.#queue()]);
    this.#self.bus.follow(() => this.#busState());
    this.#exposition = expositionOf(() => this.#registry.view(), this.#self);
  }

  /** Lives up to a moment, and gives what is scraped then. */
  async scrape(at: number): Promise<string> {
    for (const server of this.#script.servers) this.#live(server, at);
    this.#now = at;
    this.#registry.sweep();
    this.#before = at;
    this.#count(at);
    const body = await scrapeBody(this.#exposition, 'openmetrics');
    return stamped(body.toString(), this.#target(), at) + this.#alerts(at);
  }

  #live(server: ScriptedServer, at: number): void {
    const ended = server.lives.find(({ to }) => to !== null && isBetween(minutesBeforeEnd(to), this.#before, at));
    if (ended?.to != null) {
      this.#now = Math.round(minutesBeforeEnd(ended.to));
      this.#apply(server, deathOf(ended, this.#now));
    }
    this.#now = at;
    const life = lifeAt(server, at);
    if (life || server.registration === 'static') this.#registry.register(targetOf(server));
    const record = this.#registry.get(server.name);
    if (!record) return;
    this.#apply(
      server,
      life ? observationAt(server, life, at) : { ...deathOf({ from: 0, to: null, end: 'lost' }, at) },
    );
    if (life) this.#note(server.name, at);
  }

  #note(name: string, at: number): void {
    const record = this.#registry.get(name);
    if (!record?.snapshot) return;
    this.#registry.noteHazards(name, record.generation, HAZARDS);
    const processes = processesAt(record.processes, record.snapshot, at, SCRAPE_MS);
    this.#registry.noteProcesses(name, record.generation, processes);
  }

  #apply({ name }: ScriptedServer, observation: Parameters<Registry['apply']>[2]): void {
    const record = this.#registry.get(name);
    if (!record) return;
    if (observation.answer.kind === 'failure') this.#self.pollFailures.failed(name, observation.answer.failure.reason);
    this.#self.tmux.ran('list-sessions', observation.answer.kind === 'failure');
    this.#registry.apply(name, record.generation, observation);
  }

  #onEvent(event: TmuxEvent): void {
    this.#self.observe(event);
    this.#self.feed.delivered(event.type, 1);
    this.#self.bus.published('stored', 1);
    this.#self.bus.stored(4 + (this.#deaths % 5));
    if (event.type !== 'server-gone') return;
    this.#deaths++;
    if (this.#deaths === 2) this.#self.bus.refused('too_large');
    this.#self.webhooks.attempted('oncall');
    this.#self.webhooks.settled('oncall', this.#deaths % 3 === 0 ? 'dead' : 'delivered', 1);
    this.#self.webhooks.pushed('prod', true);
    this.#self.webhooks.received(1, 0);
  }

  #count(at: number): void {
    const durationMs = 20 + 5 * this.#script.servers.length + 8 * Math.sin(at / 3e6);
    this.#self.polls.ended({ durationMs, endedAt: at - 900, intervalMs: 5000 });
    this.#self.tmux.ran('display-message', false);
    this.#self.collectors.ended({ collector: 'process', durationMs: 12 + Math.sin(at / 1e6), problem: null });
  }

  #queue() {
    const isSlow = this.#now > minutesBeforeEnd(30);
    return { receiver: 'oncall', queued: isSlow ? 2 : 0, oldestSeconds: isSlow ? 95 : 0, failedAttempts: 0 };
  }

  #busState() {
    const isUp = this.#now < minutesBeforeEnd(OUTAGE.from) || this.#now >= minutesBeforeEnd(OUTAGE.to);
    const oldestSeconds = isUp ? 0 : (this.#now - minutesBeforeEnd(OUTAGE.from)) / 1000;
    return { isUp, waiting: isUp ? 0 : 1, oldestSeconds };
  }

  /** The labels that Prometheus adds to each sample. */
  #target(): TargetLabels {
    const { instance, cluster } = this.#script;
    return { job: JOB, instance, ...(cluster === null ? {} : { cluster }) };
  }

  /** What the rules would make of it. */
  #alerts(at: number): string {
    return this.#script.servers
      .flatMap((server) => alertsFor(server, at).map((alert) => this.#alert(alert, at)))
      .join('');
  }

  #alert({ alert, severity, server }: ScriptedAlert, at: number): string {
    const own = { alertname: alert, alertstate: 'firing', severity, server };
    const labels = Object.entries({ ...own, ...this.#target() }).map(([name, value]) => `${name}="${value}"`);
    return `ALERTS{${labels.join(',')}} 1 ${at / 1000}\n`;
  }
}

const HAZARDS = judgeHazards({
  patient: samplePatient({ pid: 4242 }),
  unit: 'none',
  logout: { of: 'session', user: 'me', kills: true },
  cleaner: 'none',
  skew: { otherBinary: false },
  socketLost: false,
});

function targetOf({ name, registration }: ScriptedServer) {
  return { name, registration, socket: `/tmp/tmux-1000/${name}` };
}

function isBetween(moment: number, after: number, until: number): boolean {
  return after < moment && moment <= until;
}
