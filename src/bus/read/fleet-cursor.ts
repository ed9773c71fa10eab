import { hash } from 'node:crypto';

/** The check of a cursor at whose sequence no event is known. */
export const NO_CHECK = '0000';

/** The parts of a cursor of the fleet. */
export interface CursorParts {
  readonly epoch: string;
  readonly seq: number;
  readonly check: string;
}

const CURSOR = /^([0-9a-f]{12})-(\d{1,15})\.([0-9a-f]{4})$/;

/** The epoch of the log that a stream holds: the same on every hub, and another one if the stream is made anew. */
export function epochOf(stream: string, created: string): string {
  return hash('sha256', stream + created).slice(0, 12);
}

/**
 * The check of an event: 4 hexadecimal digits that tell it from another event with the same sequence, and from the same event that was stored
 * again. `stored` is when the stream took it, in nanoseconds: a stream that lost events and got them back can hold one at its former place,
 * although others before it have moved.
 */
export function checkOf(name: string, eventId: string, stored: bigint): string {
  return hash('sha256', `${name}${eventId} ${stored}`).slice(0, 4);
}

/** Reads the time that the bus gives a stored message, such as `2026-03-01T12:00:00.123456789Z`, in Unix nanoseconds; null if it is none. Zeros at its end are left out. */
export function nanosOf(time: string): bigint | null {
  const [, whole, fraction = ''] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(time) ?? [];
  if (whole === undefined) return null;
  return BigInt(Date.parse(`${whole}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** `<epoch>-<seq>.<check>`. */
export function cursorText({ epoch, seq, check }: CursorParts): string {
  return `${epoch}-${seq}.${check}`;
}

/** Reads a cursor; null if the text is none. */
export function cursorParts(text: string): CursorParts | null {
  const [, epoch, digits, check] = CURSOR.exec(text) ?? [];
  return epoch === undefined || check === undefined ? null : { epoch, seq: Number(digits), check };
}
