import { Counter, Gauge, type Registry } from 'prom-client';
import { DELIVERY_RESULTS, type DeliveryResult } from '../../core/alert/outbox.ts';

/** The queue of one receiver. */
export interface QueueLength {
  readonly receiver: string;
  readonly queued: number;
  /** Age of the oldest waiting notice; 0 if there is none. */
  readonly oldestSeconds: number;
  /** Failed attempts of the message that is next in the queue; 0 if none failed. */
  readonly failedAttempts: number;
}

/** Counts deliveries to receivers, pushes to Alertmanagers, and alerts received from them. */
export interface WebhookMetrics {
  /** Starts the counters of the configured receivers and Alertmanagers at zero. `queues` is read at each scrape. */
  follow(receivers: readonly string[], alertmanagers: readonly string[], queues: () => readonly QueueLength[]): void;
  attempted(receiver: string): void;
  /** This many notices left the queue, with this result. */
  settled(receiver: string, result: DeliveryResult, notices: number): void;
  pushed(alertmanager: string, success: boolean): void;
  /** Alerts were received: this many were emitted as events, and this many were known already. */
  received(reported: number, duplicates: number): void;
}

const NAME = 'tmux_exporter_webhook';

/** Registers the metrics of the web hooks. */
export function registerWebhookMetrics(registry: Registry): WebhookMetrics {
  const registers = [registry];
  let queuesNow: () => readonly QueueLength[] = () => [];
  const attempts = new Counter({
    name: `${NAME}_attempts_total`,
    help: 'Attempts to send a message to a receiver, successful or not.',
    labelNames: ['receiver'],
    registers,
  });
  const deliveries = new Counter({
    name: `${NAME}_deliveries_total`,
    help: 'Notices that left the queue: delivered, dead after the last attempt, or dropped because too many were waiting.',
    labelNames: ['receiver', 'result'],
    registers,
  });
  const dead = new Counter({
    name: `${NAME}_dead_total`,
    help: 'Notices that became dead letters.',
    labelNames: ['receiver'],
    registers,
  });
  const queue = new Gauge({
    name: `${NAME}_queue`,
    help: 'Notices that wait for delivery.',
    labelNames: ['receiver'],
    registers,
    collect: () => {
      queue.reset();
      for (const { receiver, queued } of queuesNow()) queue.set({ receiver }, queued);
    },
  });
  const oldest = new Gauge({
    name: `${NAME}_oldest_seconds`,
    help: 'Age of the oldest notice that waits for delivery; 0 if there is none.',
    labelNames: ['receiver'],
    registers,
    collect: () => {
      oldest.reset();
      for (const { receiver, oldestSeconds } of queuesNow()) oldest.set({ receiver }, oldestSeconds);
    },
  });
  const failedAttempts = new Gauge({
    name: `${NAME}_failed_attempts`,
    help: 'Failed attempts of the message that is next in the queue; 0 if none failed.',
    labelNames: ['receiver'],
    registers,
    collect: () => {
      failedAttempts.reset();
      for (const queue of queuesNow()) failedAttempts.set({ receiver: queue.receiver }, queue.failedAttempts);
    },
  });
  const pushes = new Counter({
    name: 'tmux_exporter_alertmanager_pushes_total',
    help: 'Pushes of all alerts to an Alertmanager.',
    labelNames: ['alertmanager', 'result'],
    registers,
  });
  const received = new Counter({
    name: 'tmux_exporter_alerts_received_total',
    help: 'Alerts received from an Alertmanager: reported as events, or known already.',
    labelNames: ['result'],
    registers,
  });
  for (const result of ['told', 'duplicate']) received.inc({ result }, 0);
  return {
    follow: (receivers, alertmanagers, queues) => {
      queuesNow = queues;
      for (const receiver of receivers) {
        attempts.inc({ receiver }, 0);
        dead.inc({ receiver }, 0);
        for (const result of DELIVERY_RESULTS) deliveries.inc({ receiver, result }, 0);
      }
      for (const alertmanager of alertmanagers) {
        for (const result of ['success', 'failure']) pushes.inc({ alertmanager, result }, 0);
      }
    },
    attempted: (receiver) => attempts.inc({ receiver }),
    settled: (receiver, result, notices) => {
      deliveries.inc({ receiver, result }, notices);
      if (result === 'dead') dead.inc({ receiver }, notices);
    },
    pushed: (alertmanager, success) => pushes.inc({ alertmanager, result: success ? 'success' : 'failure' }),
    received: (reported, duplicates) => {
      received.inc({ result: 'told' }, reported);
      received.inc({ result: 'duplicate' }, duplicates);
    },
  };
}
