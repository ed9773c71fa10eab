import type { History } from '../core/event/event-log.ts';
import type { BusMarks } from '../core/fleet/bus-mark.ts';
import type { PublishResult, RefusalReason } from '../core/fleet/bus-words.ts';
import type { ServerRecord } from '../core/record/record.ts';
import type { BusClock } from './bus-clock.ts';
import type { BusAccess } from './connection/credentials.ts';
import { BusConnection } from './connection/nats-connection.ts';
import type { Refused } from './connection/stream-answer.ts';
import { EventPort, publishAnswerOf } from './publish/event-port.ts';
import { hostMessage } from './publish/host-message.ts';
import { Presence } from './publish/presence.ts';
import type { Outcome } from './publish/publication.ts';
import { type BusOutbox, Publisher, type PublisherOptions } from './publish/publisher.ts';
import { refusalText, reportRefusalText } from './publish/refusal-text.ts';
import { hostSubject, ownEvents } from './stream/subjects.ts';

/** Failures in a row that are worth a line in the log. */
const FAILURES_TO_REPORT = 4;

/** The parts that the bus is joined to. */
export interface BusOptions {
  readonly access: BusAccess;
  readonly prefix: string;
  readonly heartbeatMs: number;
  /** The name of this exporter in the fleet. */
  readonly name: string;
  readonly host: string;
  readonly version: string;
  readonly advertise: string | null;
  readonly history: History;
  /** As in {@link PublisherOptions}. */
  readonly renew: PublisherOptions['renew'];
  readonly isStored: () => boolean;
  readonly marks: BusMarks;
  readonly records: () => readonly ServerRecord[];
  readonly observer: BusObserver;
  readonly clock: BusClock;
  /** 0 to 1, exclusive. */
  readonly random: () => number;
}

/** Gets what happens on the bus, for metrics and log. */
export interface BusObserver {
  readonly published: (result: PublishResult, events: number) => void;
  readonly refused: (reason: RefusalReason) => void;
  readonly stored: (durationMs: number) => void;
  readonly report: (level: 'info' | 'warn' | 'error', message: string) => void;
}

/** The bus, as the exporter uses it. */
export interface Bus {
  readonly isUp: boolean;
  readonly outbox: BusOutbox;
  /** An event was stored. It returns at once. */
  onEvent(): void;
  /** Ends within some seconds. `departs` says that the exporter leaves the fleet. */
  stop(departs: boolean): Promise<void>;
}

/** Connects to the bus, publishes the history and reports the host, until it is stopped. */
export function startBus(options: BusOptions): Bus {
  const { access, observer, clock, random, records, prefix, name } = options;
  const told = new Set<RefusalReason>();
  let isFailing = false;
  let isReportRefused = false;
  const connection = new BusConnection(
    access,
    {
      onUp: (server) => {
        observer.report('info', `connected to the bus at ${server} as ${name}`);
        presence.repeat();
        publisher.ask();
      },
      onDown: (problem) =>
        observer.report('warn', `the bus cannot be reached (${problem}): events wait in the history until it can`),
    },
    clock,
  );
  const onOutcome = (outcome: Outcome) => {
    if (outcome.kind === 'published') {
      observer.published(outcome.result, outcome.events);
      if (outcome.result !== 'skipped') forget();
      return;
    }
    const { reason, problem } = outcome;
    observer.refused(reason);
    if (!told.has(reason)) observer.report('error', refusalText(reason, problem, name));
    told.add(reason);
  };
  const onReportRefused = ({ reason, problem }: Refused) => {
    observer.refused(reason);
    if (!isReportRefused) observer.report('error', reportRefusalText(problem));
    isReportRefused = true;
  };
  const forget = () => {
    for (const reason of told) if (reason !== 'name_taken' || !publisher.isNameTaken) told.delete(reason);
  };
  const publisher = new Publisher({
    history: options.history,
    renew: options.renew,
    isStored: options.isStored,
    marks: options.marks,
    subject: ownEvents(prefix, name),
    port: new EventPort(connection, prefix, name),
    reconnect: () => connection.reconnect(),
    observer: {
      onOutcome,
      onStored: observer.stored,
      onFailures: (failures, problem) => {
        if (failures < FAILURES_TO_REPORT) isFailing = false;
        else if (!isFailing && connection.isUp) {
          isFailing = true;
          observer.report('warn', `no stream of the bus answers (${problem}): see "tmux-exporter bus check"`);
        }
      },
    },
    clock,
    random,
  });
  const presence = new Presence({
    records,
    heartbeatMs: options.heartbeatMs,
    send: async (state) => {
      const { host, version, advertise, heartbeatMs, history } = options;
      const { epoch, head } = history;
      const facts = { name, host, version, epoch, head, now: clock.now(), advertise, state, heartbeatMs };
      const report = hostMessage(facts, records());
      const answer = publishAnswerOf(await connection.request(hostSubject(prefix, name), report));
      if (answer.kind === 'refused') onReportRefused(answer);
      else if (answer.kind === 'stored') isReportRefused = false;
      return answer.kind !== 'unreachable';
    },
    clock,
    random,
  });
  return {
    get isUp() {
      return connection.isUp;
    },
    get outbox() {
      return publisher.outbox;
    },
    onEvent: () => {
      publisher.wake();
      presence.refresh();
    },
    stop: async (departs) => {
      // Another exporter has our name: it does not leave.
      await Promise.all([publisher.stop(), presence.stop(departs && !publisher.isContested)]);
      await connection.close();
    },
  };
}
