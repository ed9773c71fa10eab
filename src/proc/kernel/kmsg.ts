import { closeSync, constants, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A message in the kernel log. */
export interface KmsgRecord {
  /** Milliseconds of the kernel's monotonic clock. */
  readonly atMs: number;
  readonly text: string;
}

/** Size of the read buffer: a read gives one record, and fails if the buffer is too small for it. */
const RECORD_BYTES = 8_192;

/** Number of records read in one turn of the event loop: about 1 ms. */
const BATCH = 500;

/** Upper bound, larger than any ring buffer. */
const MOST_RECORDS = 200_000;

/** Reads the kernel's own messages from its log, oldest first, without waiting for more; null if that is forbidden, as for most users. */
export async function readKmsg(path: string): Promise<readonly KmsgRecord[] | null> {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
  try {
    return await readRecords(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Parses a record of `/dev/kmsg`: `priority,sequence,microseconds,flags;text`, then lines of properties (the kernel's
 * ABI/testing/dev-kmsg). Null for a record that a program wrote: programs cannot use the kernel's facility, 0.
 */
export function parseKmsgRecord(record: string): KmsgRecord | null {
  const [, priority, micros, text] = /^(\d+),\d+,(\d+),[^;]*;(.*)/.exec(record) ?? [];
  if (text === undefined || Number(priority) >> 3 !== 0) return null;
  return { atMs: Number(micros) / 1_000, text };
}

async function readRecords(file: number): Promise<readonly KmsgRecord[] | null> {
  const buffer = Buffer.alloc(RECORD_BYTES);
  const records: KmsgRecord[] = [];
  for (let count = 1; count <= MOST_RECORDS; count++) {
    const read = readRecord(file, buffer);
    if (read === 'refused') return null;
    if (read === 'end') return records;
    const record = typeof read === 'string' ? null : parseKmsgRecord(buffer.toString('utf8', 0, read));
    if (record) records.push(record);
    if (count % BATCH === 0) await nextTurn();
  }
  return records;
}

function readRecord(file: number, buffer: Buffer): number | 'overwritten' | 'end' | 'refused' {
  try {
    return readSync(file, buffer) || 'end';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') return 'overwritten';
    return code === 'EAGAIN' ? 'end' : 'refused';
  }
}
