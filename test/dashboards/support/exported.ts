import { variedView } from '../../metrics/support/varied-view.ts';
import { sampleSelfMetrics } from '../../support/daemon/self-metrics.ts';
import { expositionOf, scrapeBody } from '../../support/judges/expositions.ts';
import { eventually } from '../../support/machine/eventually.ts';
import { NOW } from '../../support/sample/sample.ts';
import { hubExposition, SAMPLE_HUB } from './hub-exposition.ts';

/** What the daemon and a hub export: for each name of a series its labels, with the values that were seen. */
export type Exported = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;

const SERIES = /^(\w+)(?:\{(.*)\})? \S+$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/** Reads it off an exposition of everything, with a receiver, an Alertmanager and a bus, and off that of a hub. */
export async function exportedSeries(): Promise<Exported> {
  const self = sampleSelfMetrics();
  self.polls.ended({ durationMs: 12.5, endedAt: NOW, intervalMs: 5000 });
  const queues = () => [{ receiver: 'oncall', queued: 0, oldestSeconds: 0, failedAttempts: 0 }];
  self.webhooks.follow(['oncall'], ['am'], queues);
  self.bus.follow(() => ({ isUp: true, waiting: 0, oldestSeconds: 0 }));
  const body = await scrapeMeasured(expositionOf(variedView, self));
  const exported = new Map<string, Map<string, Set<string>>>();
  for (const line of `${body}${hubExposition(SAMPLE_HUB)}`.split('\n')) {
    const [, name, labels = ''] = SERIES.exec(line) ?? [];
    if (name === undefined) continue;
    const known = exported.get(name) ?? new Map<string, Set<string>>();
    exported.set(name, known);
    for (const [, label = '', value = ''] of labels.matchAll(LABEL))
      known.set(label, (known.get(label) ?? new Set()).add(value));
  }
  return exported;
}

/** A scrape that has what is only measured after a moment. */
async function scrapeMeasured(exposition: ReturnType<typeof expositionOf>): Promise<Buffer> {
  let body: Buffer = Buffer.alloc(0);
  await eventually('the event loop is measured', async () => {
    body = await scrapeBody(exposition, 'text');
    return body.includes('\nnodejs_eventloop_lag_p99_seconds ');
  });
  return body;
}
