import type { MsgHdrs } from '@nats-io/transport-node';
import type { RejectionReason } from '../../core/fleet/fleet.ts';

/** A message of a stream, as the bus delivers it. */
export interface ReceivedMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers?: Pick<MsgHdrs, 'get' | 'has'> | undefined;
}

/** Why a message is not taken. */
export interface Rejected {
  readonly kind: 'rejected';
  readonly reason: RejectionReason;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** A rejection. */
export function rejected(reason: RejectionReason): Rejected {
  return { kind: 'rejected', reason };
}

/** Whether a message was first delivered from a stream, or by a direct get, and then published again. */
export function isReplayed({ headers }: ReceivedMessage): boolean {
  return headers !== undefined && (headers.has('Nats-Stream') || headers.has('Nats-Subject'));
}

/** The text of a message; null if it is not UTF-8. */
export function textOf({ data }: ReceivedMessage): string | null {
  try {
    return decoder.decode(data);
  } catch {
    return null;
  }
}
