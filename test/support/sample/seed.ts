/** Seed of everything that tests choose at random: always the same, unless the environment has FUZZ_SEED. */
export const SEED = numberFrom('FUZZ_SEED', 1);

const TIMES = numberFrom('FUZZ_RUNS', 1);

/** How many runs a property has: `usual` ones, or FUZZ_RUNS times as many. A time limit for them grows in the same way. */
export function runs(usual: number): number {
  return usual * TIMES;
}

function numberFrom(variable: string, fallback: number): number {
  const text = process.env[variable];
  const number = Number(text ?? fallback);
  if (!Number.isSafeInteger(number)) throw new Error(`${variable}: expected a whole number, found ${text}`);
  return number;
}
