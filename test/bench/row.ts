/** One measured figure of a benchmark. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, measured in the same unit and the same run; null where it stands for itself. */
  readonly baseline: { readonly name: string; readonly value: number } | null;
  /** `value` divided by the baseline's. */
  readonly ratio: number | null;
  /** The most that the ratio may be, or the value where there is no baseline; null where nothing is promised. */
  readonly budget: number | null;
}

/** A figure that is compared with another one. */
export function comparedRow(
  name: string,
  value: number,
  unit: string,
  baseline: { name: string; value: number },
  budget: number | null,
): Row {
  return { name, value, unit, baseline, ratio: value / baseline.value, budget };
}

/** A figure that stands for itself. */
export function plainRow(name: string, value: number, unit: string, budget: number | null): Row {
  return { name, value, unit, baseline: null, ratio: null, budget };
}

/** The middle of some figures. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
