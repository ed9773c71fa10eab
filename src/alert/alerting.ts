import type { Outbox, OutboxMessage } from '../core/alert/outbox.ts';
import { eventId, eventPlaceOf, type History } from '../core/event/event-log.ts';
import type { ReadFile } from '../core/file.ts';
import { AlertmanagerPush, pushOwner } from './alertmanager/push.ts';
import type { Clock } from './delivery/alert-clock.ts';
import { Courier } from './delivery/courier.ts';
import { createDeliver } from './delivery/delivery.ts';
import type { AlertObserver } from './delivery/delivery-observer.ts';
import { type DeadLetter, deadLetter, type ReceiverStatus, receiverStatus } from './delivery/status.ts';
import type { Sender } from './format/message-view.ts';
import { Changes } from './receiver/change-log.ts';
import { type IncidentEnds, incidentEnds } from './receiver/incident-ends.ts';
import type { Alertmanager, Receiver } from './receiver/receiver.ts';
import { createPost, type Network } from './request/post.ts';

/** How often incidents that are over, and receivers that are not configured any more, are cleaned up, in milliseconds. */
const CARE_MS = 60_000;

/** The dependencies of the alerting. */
export interface AlertingOptions {
  readonly receivers: readonly Receiver[];
  readonly alertmanagers: readonly Alertmanager[];
  readonly outbox: Outbox;
  /** The stored events. Those that the outbox has not taken in are read from here. */
  readonly history: History;
  /** Whether an incident is still open. */
  readonly isOpen: (incident: string) => boolean;
  readonly sender: () => Sender;
  readonly network: Network;
  /** Reads the files with URLs and secrets. */
  readonly readFile: ReadFile;
  readonly clock: Clock;
  readonly observer: AlertObserver;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** A new id for a message, never given before. */
  readonly newId: () => string;
}

/** The alerting: it sends events to the receivers and the Alertmanagers. */
export interface Alerting {
  /** Takes in the events since the last time, and begins to deliver. */
  start(): void;
  /** Call it after an event was added to the history. The event is taken in a moment later, so that the caller does not wait. */
  onEvent(): void;
  /** Takes in the remaining events, and ends running deliveries within 2 seconds. What is queued stays queued. */
  stop(): Promise<void>;
  receivers(): ReceiverStatus[];
  deadLetters(): DeadLetter[];
  /** Queues dead letters again: all of them, or the one with an id. Returns their number. */
  replay(id: string | null): number;
}

/** Creates the alerting. Every event is taken in exactly once: the position in the history is stored in the same transaction as its results. */
export function createAlerting(options: AlertingOptions): Alerting {
  return new EventAlerting(options);
}

class EventAlerting implements Alerting {
  readonly #options: AlertingOptions;
  readonly #changes: Changes;
  /** The names under which rows are stored. */
  readonly #owners: ReadonlySet<string>;
  readonly #ends: IncidentEnds;
  readonly #couriers: readonly Courier[];
  readonly #pushes: readonly AlertmanagerPush[];
  /** Sequence of the newest event that was taken in. */
  #taken: number;
  #isDue = false;
  #running = false;
  #callOff = () => {};

  constructor(options: AlertingOptions) {
    const { network, readFile, clock, observer, sender, outbox, history, random, newId } = options;
    const post = createPost(network);
    const changes = new Changes(outbox);
    this.#options = options;
    this.#changes = changes;
    this.#owners = new Set([...options.receivers.map(({ name }) => name), ...options.alertmanagers.map(pushOwner)]);
    this.#ends = incidentEnds(options.isOpen, history);
    changes.forgetAbsent(this.#owners, clock.now());
    changes.commit();
    this.#taken = takenFrom(outbox.taken, history);
    this.#couriers = options.receivers.map((receiver) => {
      const deliver = createDeliver({ receiver, sender, post, readFile, now: clock.now });
      return new Courier({ receiver, deliver, changes, clock, observer, random, newId });
    });
    this.#pushes = options.alertmanagers.map((alertmanager) => {
      return new AlertmanagerPush({ alertmanager, changes, clock, observer, post, readFile, sender });
    });
  }

  start(): void {
    this.#running = true;
    this.#care();
  }

  onEvent(): void {
    if (this.#isDue || !this.#running) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (!this.#running) return;
      this.#takeIn();
      this.#wake();
    });
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    this.#takeIn();
    this.#running = false;
    this.#callOff();
    await Promise.all(this.#targets.map((target) => target.stop()));
    this.#changes.commit();
  }

  receivers(): ReceiverStatus[] {
    for (const courier of this.#couriers) courier.followClock();
    return this.#couriers.map(receiverStatus);
  }

  deadLetters(): DeadLetter[] {
    return this.#couriers.flatMap(({ receiver, queue }) =>
      queue.dead.map((message) => deadLetter(receiver.name, message)),
    );
  }

  replay(id: string | null): number {
    const isChosen = (message: OutboxMessage) => id === null || message.id === id;
    return this.#couriers.reduce((sum, courier) => sum + courier.replay(isChosen, this.#ends), 0);
  }

  get #targets(): readonly (Courier | AlertmanagerPush)[] {
    return [...this.#couriers, ...this.#pushes];
  }

  #takeIn(): void {
    const { history } = this.#options;
    for (const { event } of history.after(this.#taken)) {
      // Alerts that an Alertmanager sent us are not sent on: they could go back to the same one.
      if (event.type === 'alert') continue;
      for (const target of this.#targets) target.take(event);
    }
    this.#taken = history.head;
    this.#changes.commit(this.#cursor);
  }

  #wake(): void {
    for (const target of this.#targets) target.wake();
  }

  /** The position to store. Null without receivers, so that receivers added later get no backlog. */
  get #cursor(): string | null {
    return this.#targets.length === 0 ? null : eventId(this.#options.history.epoch, this.#taken);
  }

  #care(): void {
    // An end that is not taken in yet would be missed.
    this.#takeIn();
    for (const target of this.#targets) target.retain(this.#ends);
    this.#changes.forgetAbsent(this.#owners, this.#options.clock.now());
    this.#changes.commit();
    this.#wake();
    this.#callOff = this.#options.clock.after(CARE_MS, () => this.#care());
  }
}

/** The position in the history to continue from: after the last event that was taken in, or at the end if there is none. */
function takenFrom(taken: string | null, history: History): number {
  const place = taken === null ? null : eventPlaceOf(taken);
  // It is stored with the history, so it counts the same events if their epoch has changed since.
  const isOfHistory = place !== null && (place.epoch === history.epoch || place.epoch === history.former?.epoch);
  return isOfHistory ? Math.min(place.seq, history.head) : history.head;
}
