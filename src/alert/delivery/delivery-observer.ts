import type { DeliveryResult } from '../../core/alert/outbox.ts';

/** What happens to a message after an attempt that failed. */
export type NextStep = 'retry' | 'dead' | 'off';

/** Observes every delivery, for the metrics and the log. No argument contains a secret. */
export interface AlertObserver {
  /** A message is being sent to a receiver. */
  attempted(receiver: string): void;
  /** This many notices left the queue, with this result. */
  settled(receiver: string, result: DeliveryResult, notices: number): void;
  /** An attempt failed. `attempts` counts the failed attempts of this message. */
  failed(receiver: string, problem: string, next: NextStep, attempts: number): void;
  /** A receiver took a message after attempts that failed. */
  recovered(receiver: string): void;
  /** All alerts were sent to an Alertmanager. `problem` says why it did not take them; null if it did. */
  pushed(alertmanager: string, problem: string | null): void;
}
