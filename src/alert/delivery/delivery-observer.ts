import type { DeliveryResult } from '../../core/alert/outbox.ts';

/** What comes next after an attempt that failed. */
export type NextStep = 'retry' | 'dead' | 'off';

/** What the alerting tells its metrics and the log. It never asks them anything, and no word of it is a secret. */
export interface AlertObserver {
  /** A message was sent to a receiver, whatever came of it. */
  attempted(receiver: string): void;
  /** So many notices are done with. */
  settled(receiver: string, result: DeliveryResult, notices: number): void;
  /** A receiver was not reached. `attempts` counts the failed ones of this message. */
  failed(receiver: string, problem: string, next: NextStep, attempts: number): void;
  /** A receiver that had failed was reached again. */
  recovered(receiver: string): void;
  /** An Alertmanager was sent all alerts: `problem` says why it did not take them, or is null. */
  pushed(alertmanager: string, problem: string | null): void;
}
