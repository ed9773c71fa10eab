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

/** The check of an event: 4 hexadecimal digits that tell it from another event with the same sequence. */
export function checkOf(name: string, eventId: string): string {
  return hash('sha256', name + eventId).slice(0, 4);
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
