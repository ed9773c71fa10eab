import { readFileSync } from 'node:fs';

const RealDate = Date;
const file = process.env['WALL_CLOCK_STEP'] ?? '';

function now(): number {
  return RealDate.now() + Number(readFileSync(file, 'utf8'));
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
