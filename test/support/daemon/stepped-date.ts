import { readFileSync } from 'node:fs';

const RealDate = Date;
const file = process.env['WALL_CLOCK_STEP'] ?? '';

let stepMs = 0;

function now(): number {
  try {
    stepMs = Number(readFileSync(file, 'utf8'));
  } catch {
    // The process has no descriptor left: its clock stays as wrong as it is.
  }
  return RealDate.now() + stepMs;
}

/** As `Date`, by a wall clock that is wrong by as many milliseconds as the file says. */
class SteppedDate extends RealDate {
  constructor(...parts: []) {
    if (parts.length === 0) super(now());
    else super(...parts);
  }

  static override now(): number {
    return now();
  }
}

Object.assign(globalThis, { Date: SteppedDate });
