import { randomBytes } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import { type Alerting, createAlerting } from '../alert/alerting.ts';
import { AlertRelay } from '../alert/alertmanager/relay.ts';
import { withTimers } from '../alert/delivery/alert-clock.ts';
import type { AlertObserver, NextStep } from '../alert/delivery/delivery-observer.ts';
import type { Sender } from '../alert/format/message-view.ts';
import type { Alertmanager, Receiver } from '../alert/receiver/receiver.ts';
import { systemResolve } from '../alert/request/address-guard.ts';
import { CONNECT } from '../alert/request/connect.ts';
import { isOwnAlert, type OwnNames } from '../core/alert/own-alert.ts';
import type { ServerReference } from '../core/event/event.ts';
import type { History, LoggedEvent } from '../core/event/event-log.ts';
import type { ReadFile } from '../core/file.ts';
import type { Registry } from '../core/registry/registry.ts';
import { countText } from '../core/text.ts';
import { serverReference } from '../core/wording/draft.ts';
import type { HttpPorts } from '../http/ports.ts';
import type { SelfMetrics } from '../metrics/self/self-metrics.ts';
import type { Log } from './announcer.ts';
import type { Environment } from './environment.ts';
import type { OpenJournal } from './storage.ts';
import { systemClock } from './system-clock.ts';

/** The receivers and Alertmanagers that get notices. */
export interface AlertingConfig {
  readonly webhooks: readonly Receiver[];
  readonly alertmanagers: readonly Alertmanager[];
}

/** The parts that the alerting is built from. */
export interface AlertingParts {
  readonly config: AlertingConfig;
  readonly storage: OpenJournal;
  readonly registry: Registry;
  readonly self: SelfMetrics;
  readonly log: Log;
  readonly sender: () => Sender;
  readonly readFile: ReadFile;
  /** The environment variables, which may name proxies. */
  readonly variables: Environment['variables'];
}

/** Joins the alerting to the store, the fleet, the metrics and the log. */
export function joinAlerting({
  config,
  storage,
  registry,
  self,
  log,
  sender,
  readFile,
  variables,
}: AlertingParts): Alerting {
  const alerting = createAlerting({
    receivers: config.webhooks,
    alertmanagers: config.alertmanagers,
    outbox: storage.outbox,
    history: storage.journal,
    isOpen: (incident) => isOpenIn(registry, incident),
    sender,
    network: { resolve: systemResolve, connect: CONNECT, variables },
    readFile,
    clock: withTimers(systemClock),
    observer: observerOf(self, log),
    random: Math.random,
    newId: newMessageId,
  });
  const queues = () =>
    alerting.receivers().map(({ name, queued, oldest, attempts }) => {
      const oldestSeconds = oldest === null ? 0 : Math.max(0, (systemClock.now() - Date.parse(oldest)) / 1000);
      return { receiver: name, queued, oldestSeconds, failedAttempts: attempts };
    });
  self.webhooks.follow(namesOf(config.webhooks), namesOf(config.alertmanagers), queues);
  return alerting;
}

/** Creates the function that receives alerts from an Alertmanager; null if that is not enabled. `publish` reports a stored event. */
export function joinRelay(
  receive: boolean,
  { storage, registry, self }: Pick<AlertingParts, 'storage' | 'registry' | 'self'>,
  names: Omit<OwnNames, 'addresses'>,
  publish: (logged: LoggedEvent) => void,
): HttpPorts['receiveAlerts'] {
  if (!receive) return null;
  const { journal, isStored } = storage;
  // Addresses can change at any time.
  let addresses: readonly string[] = [];
  const relay = new AlertRelay({
    history: journal,
    append: (drafts) => {
      const events = journal.step(() => drafts.map((draft) => journal.append(draft, systemClock.now())));
      for (const logged of events) publish(logged);
      return events;
    },
    isStored,
    serverOf: (labels, isFromHere) => {
      const name = labels['server'];
      if (name === undefined) return null;
      if (!isOwnAlert(labels, { ...names, addresses }, isFromHere)) return null;
      const record = registry.get(name);
      return record ? serverReference(record, record.life) : lastReference(journal, name);
    },
  });
  return (alerts, isFromHere) => {
    addresses = ownAddresses();
    const reception = relay.receive(alerts, isFromHere);
    if (reception.kind === 'stored') self.webhooks.received(reception.told, reception.duplicates);
    return reception;
  };
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
}

/** How many events are searched for the last mention of a server that is not registered any more. */
const SEARCHED_EVENTS = 1_000;

/** The last known reference to a server. Most alerts about a server come after its death, when it is not registered any more. */
function lastReference(history: History, name: string): ServerReference | null {
  const nameJson = `"name":${JSON.stringify(name)}`;
  const last = history
    .after(Math.max(0, history.head - SEARCHED_EVENTS))
    .findLast((logged) => logged.json.includes(nameJson) && logged.event.server?.name === name);
  return last?.event.server ?? null;
}

/** A new id for a message: 128 random bits. */
export function newMessageId(): string {
  return `msg_${randomBytes(16).toString('hex')}`;
}

/** An incident is open as long as a server, or the tombstone of a dead one, refers to it. */
function isOpenIn(registry: Registry, incident: string): boolean {
  const { records, tombstones } = registry.view();
  return [...records, ...tombstones].some((holder) => holder.incident === incident);
}

function observerOf({ webhooks }: SelfMetrics, log: Log): AlertObserver {
  const failing = new Set<string>();
  return {
    attempted: (receiver) => webhooks.attempted(receiver),
    settled: (receiver, result, notices) => {
      webhooks.settled(receiver, result, notices);
      if (result === 'dropped')
        log.error({ receiver }, `web hook ${receiver}: its queue is full, ${countText(notices, 'notice')} dropped`);
    },
    failed: (receiver, problem, next, attempts) => {
      const message = `web hook ${receiver}: ${problem}; ${NEXT_TEXT[next]}`;
      log[levelOf(next, attempts)]({ receiver, attempts }, message);
    },
    recovered: (receiver) => log.info({ receiver }, `web hook ${receiver}: reached again`),
    pushed: (alertmanager, problem) => {
      webhooks.pushed(alertmanager, problem === null);
      const wasFailing = failing.delete(alertmanager);
      if (problem !== null) failing.add(alertmanager);
      if (problem !== null && !wasFailing) log.warn({ alertmanager }, `Alertmanager ${alertmanager}: ${problem}`);
      if (problem === null && wasFailing) log.info({ alertmanager }, `Alertmanager ${alertmanager}: reached again`);
    },
  };
}

const NEXT_TEXT: Readonly<Record<NextStep, string>> = {
  retry: 'will be retried',
  dead: 'given up, "tmux-exporter webhook dead" lists it',
  off: 'nothing is sent to it any more',
};

/** Only the first failure of a message is a warning; its retries are logged at debug level. */
function levelOf(next: NextStep, attempts: number): keyof Log {
  if (next !== 'retry') return 'error';
  return attempts === 1 ? 'warn' : 'debug';
}

function namesOf(named: readonly { readonly name: string }[]): string[] {
  return named.map(({ name }) => name);
}
