import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

/** The units of the numbers in /proc. */
export interface KernelUnits {
  /** Clock ticks, the unit of times. */
  readonly ticksPerSecond: number;
  readonly pageBytes: number;
}

/** Keys of the auxiliary vector (getauxval(3)). */
const AT_PAGESZ = 6;
const AT_CLKTCK = 17;

/** Reads the units from our auxiliary vector, the source of `getconf CLK_TCK` and `getconf PAGESIZE`; null if it cannot be read. */
export function readKernelUnits(root: string): KernelUnits | null {
  try {
    const vector = readFileSync(`${root}/self/auxv`);
    return unitsIn(vector, 8) ?? unitsIn(vector, 4);
  } catch {
    return null;
  }
}

/** Parses the vector: pairs of a key and a value, each a machine word. */
function unitsIn(vector: Buffer, wordBytes: 4 | 8): KernelUnits | null {
  const values = new Map<number, number>();
  for (let at = 0; at + 2 * wordBytes <= vector.length; at += 2 * wordBytes) {
    values.set(wordAt(vector, at, wordBytes), wordAt(vector, at + wordBytes, wordBytes));
  }
  const [ticksPerSecond, pageBytes] = [values.get(AT_CLKTCK), values.get(AT_PAGESZ)];
  return ticksPerSecond && pageBytes ? { ticksPerSecond, pageBytes } : null;
}

function wordAt(vector: Buffer, at: number, wordBytes: 4 | 8): number {
  const isLittle = endianness() === 'LE';
  if (wordBytes === 4) return isLittle ? vector.readUInt32LE(at) : vector.readUInt32BE(at);
  return Number(isLittle ? vector.readBigUInt64LE(at) : vector.readBigUInt64BE(at));
}
