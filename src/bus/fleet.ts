import type { Fleet, FleetSource, Forgetting, RejectionReason, ReopenReason } from '../core/fleet/fleet.ts';
import type { FleetEvent } from '../core/fleet/fleet-log.ts';
import type { BusClock } from './bus-clock.ts';
import type { BusAccess } from './connection/credentials.ts';
import { BusConnection } from './connection/nats-connection.ts';
import { BusFleetLog } from './read/bus-fleet-log.ts';
import { BusTime } from './read/bus-time.ts';
import { EventArchive } from './read/event-archive.ts';
import { FleetHosts } from './read/fleet-hosts.ts';
import { readHostReport } from './read/host-report.ts';
import { purgeHost } from './read/purge-host.ts';
import { StreamReader } from './read/stream-reader.ts';
import { EVENT_STREAM, HOST_STREAM } from './stream/streams.ts';

/** The parts that a fleet is read with. */
export interface FleetOptions {
  readonly access: BusAccess;
  readonly prefix: string;
  /** Events that are kept in memory. */
  readonly history: number;
  /** After this without a report, a host is silent. */
  readonly silentAfterMs: number;
  /** After this without a report, a host is forgotten. */
  readonly forgetAfterMs: number;
  readonly observer: FleetObserver;
  readonly clock: BusClock;
  /** 0 to 1, exclusive. */
  readonly random: () => number;
}

/** Gets what happens in the fleet, for followers, metrics and log. */
export interface FleetObserver {
  /** A new event, which is in the log already. Events that the bus held at the start are not told; they are in the log. */
  readonly event: (event: FleetEvent) => void;
  /** The log is another: it was made anew, or went back. Followers missed events; those that none of them had are told after this. */
  readonly remade: (epoch: string) => void;
  readonly rejected: (reason: RejectionReason) => void;
  readonly duplicate: () => void;
  readonly reopened: (reason: ReopenReason) => void;
  /** The source went up or down: {@link FleetSource} says which. */
  readonly sourceChanged: (isUp: boolean) => void;
  readonly report: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/** A fleet that is read until it is stopped. */
export interface FleetReading {
  readonly fleet: Fleet;
  stop(): Promise<void>;
}

/** Connects to the bus, and reads the fleet from it. It returns at once, and never gives up. */
export function startFleet(options: FleetOptions): FleetReading {
  const { access, prefix, observer, clock, random } = options;
  const time = new BusTime(clock);
  const connection = new BusConnection(
    access,
    {
      onUp: (server) => {
        observer.report('info', `connected to the bus at ${server}`);
        wake();
      },
      onDown: (problem) => {
        observer.report('warn', `the bus cannot be reached (${problem}): the fleet is served from memory until it can`);
        wake();
      },
    },
    clock,
  );
  const log = new BusFleetLog({
    prefix,
    history: options.history,
    archive: new EventArchive(connection, prefix, clock),
    observer: { ...observer, jumped: (name, events) => hosts.jumped(name, events, time.now()) },
    clock,
  });
  const hosts = new FleetHosts({
    silentAfterMs: options.silentAfterMs,
    forgetAfterMs: options.forgetAfterMs,
    newestOf: (name, epoch) => log.newestOf(name, epoch),
  });
  let lastReadAt = 0;
  let downSince: number | null = clock.uptime();
  const onUpChanged = () => {
    const isUp = events.isUp && reports.isUp;
    if (isUp === (downSince === null)) return;
    downSince = isUp ? null : clock.uptime();
    observer.sourceChanged(isUp);
  };
  const common = { connection, clock, random };
  const watched = {
    onReopened: observer.reopened,
    onUpChanged,
    onProblem: (problem: string | null) => {
      if (problem !== null) observer.report('error', problem);
    },
  };
  const goLive = () => {
    if (events.hasRead) log.goLive();
  };
  const events = new StreamReader({
    ...common,
    stream: EVENT_STREAM,
    beginAt: (state) => log.beginAt(state),
    isSame: () => log.isSame(),
    observer: {
      ...watched,
      onLog: (state) => log.begin(state),
      onState: (state) => log.look(state),
      onMessage: (message, skipped) => {
        goLive();
        lastReadAt = message.info.timestampNanos / 1_000_000;
        log.take(message, skipped);
      },
      onEnd: (skipped) => log.skip(skipped),
    },
  });
  const reports = new StreamReader({
    ...common,
    stream: HOST_STREAM,
    beginAt: ({ firstSeq }) => firstSeq - 1,
    isSame: async () => true,
    observer: {
      ...watched,
      onLog: () => {},
      onState: ({ busTime }) => time.set(busTime),
      onMessage: (message) => {
        const report = readHostReport(prefix, message);
        const seenAt = Math.round(message.info.timestampNanos / 1_000_000);
        if (report.kind === 'rejected') observer.rejected(report.reason);
        else if (!hosts.take(report, seenAt, time.now())) observer.rejected('host');
      },
      onEnd: () => {},
    },
  });
  const wake = () => {
    events.wake();
    reports.wake();
  };
  const source: FleetSource = {
    get isUp() {
      return downSince === null;
    },
    get downSince() {
      return downSince;
    },
    get hasRead() {
      return events.hasRead && reports.hasRead;
    },
    get lagSeconds() {
      const { state, position } = events;
      const isBehind = state !== null && state.lastSeq > position && lastReadAt > 0;
      return isBehind ? Math.max(0, state.lastAt - lastReadAt) / 1_000 : 0;
    },
  };
  const forget = async (name: string): Promise<Forgetting> => {
    if (!hosts.get(name, time.now())) return { kind: 'unknown' };
    const problem = await purgeHost(connection, prefix, name);
    if (problem !== null) return { kind: 'failed', problem };
    hosts.remove(name);
    return { kind: 'forgotten' };
  };
  return {
    fleet: {
      log,
      source,
      hosts: () => hosts.list(time.now()),
      host: (name) => hosts.get(name, time.now()),
      forget,
    },
    stop: async () => {
      await Promise.all([events.stop(), reports.stop()]);
      await connection.close();
    },
  };
}
