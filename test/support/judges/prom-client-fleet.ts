import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import type { FleetView } from '../../../src/core/record/view.ts';
import { CLIENT_FAMILIES } from '../../../src/metrics/families/client-families.ts';
import type { Family, Subject } from '../../../src/metrics/families/family.ts';
import { PANE_FAMILIES } from '../../../src/metrics/families/pane-families.ts';
import { PollFailures } from '../../../src/metrics/families/poll-failures.ts';
import { PANE_PROCESS_FAMILIES, SESSION_PROCESS_FAMILIES } from '../../../src/metrics/families/process-families.ts';
import { SERVER_FAMILIES } from '../../../src/metrics/families/server-families.ts';
import { SESSION_FAMILIES } from '../../../src/metrics/families/session-families.ts';
import { entriesOf, subjectOf } from '../../../src/metrics/families/subject.ts';
import { WINDOW_FAMILIES } from '../../../src/metrics/families/window-families.ts';
import { WHOLE_EXPOSURE } from '../daemon/exposure.ts';

type Labels = Record<string, string>;

/** The families of a view in prom-client: to compare our own rendering with. */
export class PromClientFleet {
  readonly #registry = new Registry();
  readonly #metrics = new Map<string, Metric>();
  #samples: { metric: Metric; labels: Labels; value: number }[] = [];

  /** Prepares the samples of a view, so that only prom-client's own work is left. */
  prepare(view: FleetView): void {
    this.#samples = [];
    for (const entry of entriesOf(view, new PollFailures())) {
      const subject = subjectOf(entry, WHOLE_EXPOSURE);
      const server = subject.record?.target.name ?? subject.tombstone?.name ?? '';
      this.#add(SERVER_FAMILIES, [subject], () => ({ server }));
      this.#add(SESSION_FAMILIES, subject.sessions, ({ session }) => ({ server, session: session.name }));
      this.#add(WINDOW_FAMILIES, subject.windows, ({ window }) => ({ server, window_id: window.id }));
      this.#add(SESSION_PROCESS_FAMILIES, subject.sessions, ({ session }) => ({ server, session: session.name }));
      this.#add(CLIENT_FAMILIES, subject.clients, ({ client }) => ({ server, client: client.name }));
      this.#add(PANE_FAMILIES, subject.panes, ({ pane }) => ({ server, pane_id: pane.id }));
      this.#add(PANE_PROCESS_FAMILIES, subject.panes, ({ pane }) => ({ server, pane_id: pane.id }));
    }
  }

  /** Sets every sample and renders the text format. */
  async render(): Promise<Buffer> {
    for (const metric of this.#metrics.values()) if (metric instanceof Counter) metric.reset();
    for (const { metric, labels, value } of this.#samples) {
      if (metric instanceof Gauge) metric.set(labels, value);
      else if (metric instanceof Counter) metric.inc(labels, value);
    }
    return this.expose();
  }

  /** Renders the text format of what was set. */
  async expose(): Promise<Buffer> {
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
