/** One measured figure of a benchmark. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The figure to compare with, measured in the same unit and the same run; null for none. */
  readonly baseline: { readonly name: string; readonly value: number } | null;
  /** `value` divided by the baseline's. */
  readonly ratio: number | null;
  /** The maximum of the ratio, or of the value if there is no baseline; null for none. */
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

/** A figure without a baseline. */
export function plainRow(name: string, value: number, unit: string, budget: number | null): Row {
  return { name, value, unit, baseline: null, ratio: null, budget };
}

/** The median of some figures. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
