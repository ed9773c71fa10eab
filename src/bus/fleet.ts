import type { JsMsg } from '@nats-io/jetstream';
import type { Fleet, FleetHost, FleetSource, Forgetting, RejectionReason, ReopenReason } from '../core/fleet/fleet.ts';
import type { FleetEvent, FleetLog } from '../core/fleet/fleet-log.ts';
import type { BusClock } from './bus-clock.ts';
import type { BusAccess } from './connection/credentials.ts';
import { BusConnection } from './connection/nats-connection.ts';
import { BusFleetLog } from './read/bus-fleet-log.ts';
import { BusSource } from './read/bus-source.ts';
import { BusTime } from './read/bus-time.ts';
import { EventArchive } from './read/event-archive.ts';
import { FleetHosts } from './read/fleet-hosts.ts';
import { Heartbeats } from './read/heartbeats.ts';
import { type HostReport, readHostReport } from './read/host-report.ts';
import { HostSubjects } from './read/host-subjects.ts';
import type { StreamState } from './read/stream-look.ts';
import { type StreamObserver, StreamReader, type StreamReaderOptions, storedAt } from './read/stream-reader.ts';
import { EVENT_STREAM, HOST_STREAM } from './stream/streams.ts';

/** How often hosts are looked for that another hub forgot. */
const FORGOTTEN_MS = 10_000;

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
  /**
   * An event. It is in the log already. What the bus held at the start is in the log too, but this is not called for it.
   * `isNew` is false if its exporter put the event back after the log went back, and it was called for it before, or the bus
   * held it at the start.
   */
  readonly event: (event: FleetEvent, isNew: boolean) => void;
  /** All that the bus held at the start was read. It is called once. */
  readonly read: () => void;
  /**
   * The log was made anew, or went back. If it went back, its epoch is the same. It is read again from its beginning. Then
   * `event` is called for those of its events that it was never called for, and for those that are put back.
   */
  readonly remade: () => void;
  readonly rejected: (reason: RejectionReason) => void;
  readonly duplicate: () => void;
  readonly reopened: (reason: ReopenReason) => void;
  readonly report: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/** A fleet that is read until it is stopped. */
export interface FleetReading {
  readonly fleet: Fleet;
  stop(): Promise<void>;
}

/** Connects to the bus, and reads the fleet from it. It returns at once, and never gives up. */
export function startFleet(options: FleetOptions): FleetReading {
  const fleet = new BusFleet(options);
  return { fleet, stop: () => fleet.stop() };
}

/** A fleet, as its streams are read by two readers over one connection. */
class BusFleet implements Fleet {
  readonly log: FleetLog;
  readonly source: FleetSource;
  readonly #options: FleetOptions;
  readonly #connection: BusConnection;
  readonly #subjects: HostSubjects;
  readonly #time: BusTime;
  readonly #hosts: FleetHosts;
  readonly #heartbeats: Heartbeats;
  readonly #readers: readonly StreamReader[];
  #lookedAt: number;

  constructor(options: FleetOptions) {
    const { access, prefix, history, observer, clock } = options;
    this.#options = options;
    this.#lookedAt = clock.uptime();
    this.#time = new BusTime(clock);
    this.#connection = new BusConnection(
      access,
      { onUp: (server) => this.#onUp(server), onDown: (problem) => this.#onDown(problem) },
      clock,
    );
    this.#subjects = new HostSubjects(this.#connection, prefix);
    const jumped = (name: string, events: number) => this.#hosts.jumped(name, events, this.#now);
    const archive = new EventArchive(this.#connection, prefix, clock);
    const log = new BusFleetLog({ prefix, history, archive, observer: { ...observer, jumped } });
    this.log = log;
    this.#hosts = new FleetHosts({
      ...options,
      newestOf: (history) => log.newestOf(history),
      readTo: () => `${log.generation}:${log.head}`,
    });
    this.#heartbeats = new Heartbeats(options.silentAfterMs);
    const source = new BusSource(() => this.#readers, clock);
    this.source = source;
    this.#readers = [this.#eventReader(log, source), this.#hostReader(source)];
  }

  get busTime(): number {
    return this.#time.at(this.#options.clock.uptime());
  }

  hosts(): readonly FleetHost[] {
    return this.#hosts.list(this.#now);
  }

  host(name: string): FleetHost | null {
    return this.#hosts.get(name, this.#now);
  }

  async forget(name: string): Promise<Forgetting> {
    if (!this.host(name)) return { kind: 'unknown' };
    const problem = await this.#subjects.purge(name);
    if (problem !== null) return { kind: 'failed', problem };
    this.#hosts.remove(name);
    return { kind: 'forgotten' };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#readers.map((reader) => reader.stop()));
    await this.#connection.close();
  }

  /** The time that hosts are judged by. While the source is cut it stands still: nobody knows then whether a host is silent. */
  get #now(): number {
    return this.#time.at(this.source.downSince ?? this.#options.clock.uptime());
  }

  #eventReader(log: BusFleetLog, source: BusSource): StreamReader {
    return this.#reader(
      {
        stream: EVENT_STREAM,
        batch: 2_000,
        beginAt: (state) => log.beginAt(state),
        compare: (isReading, state) => (isReading ? log.compare(state) : log.compareNewest(state)),
        newest: () => log.newest,
      },
      source,
      {
        onLog: (state) => log.begin(state),
        onState: (state) => log.look(state),
        onMessage: (message, skipped) => log.take(message, skipped),
        onEnd: (skipped) => log.skip(skipped),
        onRead: () => log.goLive(),
      },
    );
  }

  #hostReader(source: BusSource): StreamReader {
    return this.#reader(
      {
        stream: HOST_STREAM,
        batch: 200,
        beginAt: ({ firstSeq }) => firstSeq - 1,
        compare: async () => 'same',
        newest: () => null,
      },
      source,
      {
        onLog: () => {},
        onState: (state) => this.#takeState(state),
        onMessage: (message) => this.#takeReport(message),
        onEnd: () => {},
        onRead: () => {},
      },
    );
  }

  #reader(
    part: Pick<StreamReaderOptions, 'stream' | 'batch' | 'beginAt' | 'compare' | 'newest'>,
    source: BusSource,
    taker: Pick<StreamObserver, 'onLog' | 'onState' | 'onMessage' | 'onEnd' | 'onRead'>,
  ): StreamReader {
    const { observer, clock, random } = this.#options;
    return new StreamReader({
      ...part,
      connection: this.#connection,
      observer: {
        ...taker,
        onRead: () => {
          taker.onRead();
          if (source.hasRead) observer.read();
        },
        onReopened: observer.reopened,
        onUpChanged: () => source.refresh(),
        report: observer.report,
      },
      clock,
      random,
    });
  }

  #takeReport(message: JsMsg): void {
    const { prefix, observer } = this.#options;
    const report = readHostReport(prefix, message);
    if (report.kind === 'rejected') {
      observer.rejected(report.reason);
      return;
    }
    if (!report.isWhole) observer.rejected('body');
    if (this.#hosts.take(report, Math.round(storedAt(message)), this.#now)) this.#reportHeartbeat(report);
    else observer.rejected('host');
  }

  #reportHeartbeat(report: HostReport): void {
    const problem = this.#heartbeats.take(report);
    if (problem !== null) this.#options.observer.report('warn', problem);
  }

  #takeState({ busTime, messages }: StreamState): void {
    const { clock } = this.#options;
    if (busTime !== null) this.#time.set(busTime);
    if (messages >= this.#hosts.size || clock.uptime() - this.#lookedAt < FORGOTTEN_MS) return;
    this.#lookedAt = clock.uptime();
    void this.#forgetForgotten();
  }

  /** Forgets the hosts whose reports are gone from the bus, because another hub forgot them. One that is present reports again soon. */
  async #forgetForgotten(): Promise<void> {
    const names = await this.#subjects.names();
    if (names === null) return;
    for (const { name, state } of this.hosts()) if (state !== 'present' && !names.has(name)) this.#hosts.remove(name);
  }

  #onUp(server: string): void {
    const { report } = this.#options.observer;
    const problem = this.#connection.versionProblem;
    if (problem === null) report('info', `connected to the bus at ${server}`);
    else report('error', `the bus at ${server} cannot be used: ${problem}`);
    for (const reader of this.#readers) reader.wake();
  }

  #onDown(problem: string): void {
    const { report } = this.#options.observer;
    report('warn', `the bus cannot be reached (${problem}): the fleet is served from memory until it can`);
    for (const reader of this.#readers) reader.wake();
  }
}
