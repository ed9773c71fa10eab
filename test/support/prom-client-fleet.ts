import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import type { FleetView } from '../../src/core/fleet.ts';
import type { Family, Subject } from '../../src/metrics/family.ts';
import { PollFailures } from '../../src/metrics/poll-failures.ts';
import { entriesOf, subjectOf } from '../../src/metrics/server.ts';
import { SERVER_FAMILIES } from '../../src/metrics/server-families.ts';
import { SESSION_FAMILIES } from '../../src/metrics/session-families.ts';

type Labels = Record<string, string>;

/** The families of a view in prom-client: to compare our own rendering with. */
export class PromClientFleet {
  readonly #registry = new Registry();
  readonly #metrics = new Map<string, Metric>();
  #samples: { metric: Metric; labels: Labels; value: number }[] = [];

  /** Prepares the samples of a view, so that only prom-client's own work is left. */
  prepare(view: FleetView): void {
    this.#samples = [];
    for (const server of entriesOf(view, new PollFailures()).map(subjectOf)) {
      const name = server.record?.target.name ?? server.tombstone?.name ?? '';
      this.#add(SERVER_FAMILIES, [server], () => ({ server: name }));
      this.#add(SESSION_FAMILIES, server.sessions, ({ session }) => ({ server: name, session: session.name }));
    }
  }

  /** Sets every sample and renders the text format. */
  async render(): Promise<Buffer> {
    for (const metric of this.#metrics.values()) if (metric instanceof Counter) metric.reset();
    for (const { metric, labels, value } of this.#samples) {
      if (metric instanceof Gauge) metric.set(labels, value);
      else if (metric instanceof Counter) metric.inc(labels, value);
    }
    return Buffer.from(await this.#registry.metrics());
  }

  #add<S extends Subject>(families: readonly Family<S>[], subjects: readonly S[], keyOf: (subject: S) => Labels): void {
    for (const family of families) {
      for (const subject of subjects) {
        for (const [value, ...own] of family.samples(subject)) {
          const ownLabels = family.labels.map((label, at) => [label, own[at] ?? '']);
          const labels: Labels = { ...keyOf(subject), ...Object.fromEntries(ownLabels) };
          this.#samples.push({ metric: this.#metric(family, Object.keys(labels)), labels, value });
        }
      }
    }
  }

  #metric({ name, help, type }: { name: string; help: string; type: string }, labelNames: string[]): Metric {
    const known = this.#metrics.get(name);
    if (known) return known;
    const options = { name, help, labelNames, registers: [this.#registry] };
    const metric = type === 'counter' ? new Counter(options) : new Gauge(options);
    this.#metrics.set(name, metric);
    return metric;
  }
}
