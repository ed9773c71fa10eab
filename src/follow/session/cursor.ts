/** A cursor of an exporter, `<epoch>-<seq>`, or of a fleet, `<epoch>-<seq>.<check>`. */
const CURSOR = /^(.*)-(\d{1,15})(\.[0-9a-f]{4})?$/;

/** The log that cursors belong to: that of one exporter, or that of a fleet. */
export interface LogIdentity {
  readonly epoch: string;
  readonly isFleet: boolean;
}

/** The log of a cursor; null if the cursor does not name one. */
export function logOf(cursor: string | null): LogIdentity | null {
  const [, epoch, , check] = CURSOR.exec(cursor ?? '') ?? [];
  return epoch === undefined ? null : { epoch, isFleet: check !== undefined };
}

/** How far a reader of a log has come. */
export interface Position {
  readonly cursor: string | null;
  /** How often the log went back while it was read: the log of a fleet can be restored from an old disk, and keeps its epoch. */
  readonly rewinds: number;
}

/** Whether a reader is behind another one of the same log. */
export function isBehind(reader: Position, other: Position): boolean {
  const [, epoch, digits] = CURSOR.exec(reader.cursor ?? '') ?? [];
  const [, otherEpoch, otherDigits] = CURSOR.exec(other.cursor ?? '') ?? [];
  if (epoch === undefined || epoch !== otherEpoch) return false;
  return reader.rewinds === other.rewinds ? Number(digits) < Number(otherDigits) : reader.rewinds < other.rewinds;
}
