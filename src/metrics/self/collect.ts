import type { Metric, Registry } from 'prom-client';
import type { FamilyHead, FamilyType, Format } from '../text/exposition-format.ts';
import { Lines, labelText } from '../text/sample.ts';

/** The values of a prom-client metric at the time it was read. */
export interface CollectedMetric extends FamilyHead {
  readonly values: readonly CollectedValue[];
}

interface CollectedValue {
  /** Name of the series if it differs from the family's, as in a histogram. */
  readonly metricName?: string | undefined;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly value: number;
}

/** The deadline and the error callback of a collection. */
export interface CollectOptions {
  /** Longest wait for a metric. */
  readonly timeoutMs: number;
  /** Called for each metric that was left out. */
  readonly onError: (error: Error) => void;
}

/** A metric that is being read, and then its values or its problem. */
interface Reading {
  readonly name: string;
  metric: CollectedMetric | null;
  problem: unknown;
}

/** Reads every metric of a registry, and leaves out those that throw or hang. With `registry.getMetricsAsJSON()`, one of them would make the whole scrape fail or hang. */
export async function collectMetrics(
  registry: Registry,
  { timeoutMs, onError }: CollectOptions,
): Promise<CollectedMetric[]> {
  const readings: Reading[] = registry.getMetricsAsArray().map(({ name }) => ({ name, metric: null, problem: null }));
  await waitAtMost(timeoutMs, Promise.all(readings.map((reading) => readInto(reading, registry))));
  for (const { name, metric, problem } of readings) {
    if (metric) continue;
    const cause = problem ?? new Error(`no answer within ${timeoutMs} ms`);
    onError(new Error(`the metric ${name} is left out of a scrape`, { cause }));
  }
  return readings.map(({ metric }) => metric).filter((metric) => metric !== null);
}

/** Writes the samples of a metric. A label without a value is left out. */
export function linesOfMetric({ name, values }: CollectedMetric, format: Format): Lines {
  const lines = new Lines();
  for (const { metricName, labels, value } of values) lines.add(metricName ?? name, labelsText(labels, format), value);
  return lines;
}

async function readInto(reading: Reading, registry: Registry): Promise<void> {
  try {
    const metric = registry.getSingleMetric(reading.name);
    reading.metric = metric ? await readMetric(metric) : null;
  } catch (problem) {
    reading.problem = problem;
  }
}

async function readMetric(metric: Metric): Promise<CollectedMetric> {
  const { name, type, help, values } = await metric.get();
  return { name, help, type: familyType(name, String(type)), values };
}

async function waitAtMost(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const { promise: timeout, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}

function labelsText(labels: CollectedValue['labels'], format: Format): string {
  const texts: string[] = [];
  for (const [name, value] of Object.entries(labels)) {
    if (value === undefined) continue;
    texts.push(labelText(name, name === 'le' ? format.bound(String(value)) : String(value)));
  }
  return texts.join(',');
}

function familyType(name: string, type: string): FamilyType {
  if (type === 'counter' || type === 'histogram') return type;
  if (type === 'gauge') return name.endsWith('_info') ? 'info' : 'gauge';
  throw new Error(`a ${type} cannot be exposed`);
}
