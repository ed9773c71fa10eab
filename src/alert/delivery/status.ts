import type { FormatName } from '../../core/alert/notification.ts';
import type { OutboxMessage } from '../../core/alert/outbox.ts';
import { timeText } from '../../core/text.ts';
import type { Courier } from './courier.ts';

/** The state of a receiver, as the API shows it. Times are in RFC 3339. */
export interface ReceiverStatus {
  readonly name: string;
  readonly format: FormatName;
  /** `off` after the receiver answered 410, gone for good. */
  readonly state: 'idle' | 'waiting' | 'retrying' | 'off';
  /** Notices that are not delivered yet. */
  readonly queued: number;
  readonly oldest: string | null;
  /** Failed attempts of the current message. */
  readonly attempts: number;
  readonly next_attempt: string | null;
  /** What went wrong last, in words without a secret. */
  readonly problem: string | null;
  /** Messages that were given up. */
  readonly dead: number;
}

/** A message that was given up, as the API shows it. */
export interface DeadLetter {
  readonly id: string;
  readonly receiver: string;
  readonly created: string;
  readonly died: string | null;
  readonly attempts: number;
  readonly problem: string | null;
  readonly notices: number;
  /** Title of its first event. */
  readonly title: string;
}

/** Describes the state of a receiver. */
export function receiverStatus({ receiver, queue, isOff }: Courier): ReceiverStatus {
  const { current } = queue;
  const attempts = current?.attempts ?? 0;
  return {
    name: receiver.name,
    format: receiver.format,
    state: isOff ? 'off' : stateOf(queue.length, attempts),
    queued: queue.length,
    oldest: timeOrNull(queue.oldestAt),
    attempts,
    next_attempt: isOff || !current ? null : timeOrNull(current.nextAt),
    problem: current?.problem ?? null,
    dead: queue.dead.length,
  };
}

/** Describes a message that was given up. */
export function deadLetter(receiver: string, message: OutboxMessage): DeadLetter {
  const { id, createdAt, diedAt, attempts, problem, notices } = message;
  return {
    id,
    receiver,
    created: timeText(createdAt),
    died: timeOrNull(diedAt),
    attempts,
    problem,
    notices: notices.length,
    title: notices[0]?.event.title ?? '',
  };
}

function stateOf(queued: number, attempts: number): ReceiverStatus['state'] {
  if (queued === 0) return 'idle';
  return attempts > 0 ? 'retrying' : 'waiting';
}

function timeOrNull(time: number | null): string | null {
  return time === null ? null : timeText(time);
}
