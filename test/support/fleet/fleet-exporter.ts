import type { TmuxEvent } from '../../../src/core/event/event.ts';
import { Lane } from '../../../src/core/lane.ts';
import { Daemon, type runCli } from '../daemon/daemon.ts';
import { eventually } from '../machine/eventually.ts';
import { makePrivateFolder, removeFolder } from '../machine/private-folder.ts';
import { TmuxServer } from '../tmux/tmux-server.ts';
import { oneOf } from './random-events.ts';
import type { Truth } from './truth.ts';

const START_MS = 60_000;

/** How a real exporter of a fleet is started. */
export interface FleetExporterOptions {
  readonly name: string;
  /** Its name in the fleet, and its way to the bus. */
  readonly env: NodeJS.ProcessEnv;
  readonly servers: number;
  /** Runs the command line in another way than from the sources. */
  readonly run?: typeof runCli;
}

/** A real exporter with real tmux servers in a socket folder of its own. */
export class FleetExporter {
  readonly name: string;
  readonly #options: FleetExporterOptions;
  readonly #folder: string;
  readonly #servers: TmuxServer[] = [];
  /** The pids of the servers that were killed. */
  readonly #killed: number[] = [];
  /** One thing at a time happens to its servers. */
  readonly #lane = new Lane(1);
  #daemon: Daemon;
  /** The number of events of its start. */
  #before = 0;

  private constructor(options: FleetExporterOptions, folder: string, daemon: Daemon) {
    this.name = options.name;
    this.#options = options;
    this.#folder = folder;
    this.#daemon = daemon;
  }

  /** Starts it. Resolves when all its servers are up. */
  static async start(options: FleetExporterOptions): Promise<FleetExporter> {
    const folder = await makePrivateFolder();
    const exporter = new FleetExporter(options, folder, await startDaemon(options, folder));
    for (let number = 0; number < options.servers; number++)
      exporter.#servers.push(await TmuxServer.start({ folder, name: `t${number}` }));
    await eventually('its servers are up', () => exporter.#areUp(), START_MS);
    exporter.#before = (await exporter.#events()).length;
    return exporter;
  }

  /** Kills one of its servers, and starts it again. */
  crash(random: () => number): Promise<void> {
    return this.#lane.run(() => this.#crash(random));
  }

  /** Kills a server and, as soon as its death is stored and while it is published, the exporter; then starts both again. */
  die(random: () => number): Promise<void> {
    return this.#lane.run(() => this.#die(random));
  }

  /** Whether all that it stored is published. */
  async hasPublished(): Promise<boolean> {
    return (await this.#areUp()) && (await this.#outbox()) === 0;
  }

  /** How many events it put back. */
  async healed(): Promise<number> {
    return (await this.#daemon.sample('tmux_exporter_bus_published_total{result="healed"}')) ?? 0;
  }

  /** Adds its events since the start to the truth. Gives the pids of servers that were killed while it watched, and of whose death it has no event. */
  async confess(truth: Truth): Promise<number[]> {
    let events = await this.#events();
    const untold = () => {
      const pidsOf = (wanted: string) =>
        new Set(events.flatMap(({ type, server }) => (type === wanted ? [server?.pid] : [])));
      const [known, dead] = [pidsOf('server-up'), pidsOf('server-gone')];
      return this.#killed.filter((pid) => known.has(pid) && !dead.has(pid));
    };
    // The last one may have died a moment ago.
    const isAllTold = async () => {
      events = await this.#events();
      return untold().length === 0;
    };
    await eventually('each death is reported', isAllTold, 10_000).catch(() => {});
    for (const { id } of events.slice(0, this.#before)) truth.addEarlier(this.name, id);
    for (const event of events.slice(this.#before)) truth.add(this.name, event);
    return untold();
  }

  /** Ends all of it. */
  async cleanup(): Promise<void> {
    await this.#daemon.stop('SIGKILL');
    for (const server of this.#servers) await server.cleanup();
    await removeFolder(this.#folder);
  }

  async #crash(random: () => number): Promise<void> {
    const server = oneOf(this.#servers, random);
    this.#killed.push(server.pid);
    await server.crash();
    await server.restart();
  }

  async #die(random: () => number): Promise<void> {
    // It does not tell of a death of one that it has not seen yet.
    await eventually('its servers are up', () => this.#areUp(), START_MS);
    const { log } = this.#daemon;
    const deaths = () => log.filter(({ type }) => type === 'server-gone').length;
    const before = deaths();
    const crash = this.#crash(random);
    await eventually('the death is stored', () => deaths() > before);
    await this.#daemon.stop('SIGKILL');
    await crash;
    this.#daemon = await startDaemon(this.#options, this.#folder);
  }

  async #areUp(): Promise<boolean> {
    const { log } = this.#daemon;
    const text = await this.#daemon.metrics().catch(() => {
      throw new Error(
        `${this.name} does not answer:\n${log
          .map(({ msg }) => msg)
          .slice(-20)
          .join('\n')}`,
      );
    });
    return this.#servers.every((_, number) => text.includes(`tmux_server_up{server="t${number}"} 1`));
  }

  async #events(): Promise<TmuxEvent[]> {
    const response = await fetch(`${this.#daemon.url}/api/v1/events?limit=1000`);
    return ((await response.json()) as { events: TmuxEvent[] }).events;
  }

  #outbox(): Promise<number | null> {
    return this.#daemon.sample('tmux_exporter_bus_outbox_events').catch(() => null);
  }
}

function startDaemon({ env, run }: FleetExporterOptions, sockets: string): Promise<Daemon> {
  return Daemon.start({ sockets, env, ...(run && { run }) });
}
