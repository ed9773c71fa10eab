import { Gauge, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client';

/** A sample: the values of its labels, and its own. */
export interface Reading<Label extends string> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: number;
}

/** A gauge of which each scrape reads every sample anew. */
export interface ReadGaugeParts<Label extends string> {
  readonly registry: Registry;
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly Label[];
  /** Gives every sample, each with other labels. */
  readonly read: () => readonly Reading<Label>[];
}

/** Registers a gauge that keeps no sample. With thousands of samples, `Gauge.set` takes a hundred times as long. */
export function registerReadGauge<Label extends string>(parts: ReadGaugeParts<Label>): void {
  parts.registry.registerMetric(new ReadGauge(parts));
}

class ReadGauge<Label extends string> extends Gauge<Label> {
  readonly #read: ReadGaugeParts<Label>['read'];

  constructor({ name, help, labelNames, read }: ReadGaugeParts<Label>) {
    super({ name, help, labelNames, registers: [] });
    this.#read = read;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<Label>>> {
    const values = this.#read().map(({ labels, value }) => ({ labels, value }));
    return { ...(await super.get()), values };
  }
}
