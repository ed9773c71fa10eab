import { Registry } from 'prom-client';
import type { FleetView } from '../../../src/core/record/view.ts';
import { createExposition, type Exposition, type ExpositionOptions } from '../../../src/metrics/exposition.ts';
import type { Exposure } from '../../../src/metrics/families/exposure.ts';
import type { SelfMetrics } from '../../../src/metrics/self/self-metrics.ts';
import { WHOLE_EXPOSURE } from '../daemon/exposure.ts';
import { sampleSelfMetrics } from '../daemon/self-metrics.ts';

/** The formats by their short names. */
export type FormatName = 'text' | 'openmetrics';

/** The Accept headers that choose the formats. */
export const ACCEPT: Readonly<Record<FormatName, string>> = {
  text: 'text/plain',
  openmetrics: 'application/openmetrics-text; version=1.0.0',
};

/** An exposition of a view that nothing can go wrong with. */
export function expositionOf(
  view: () => FleetView,
  self: ExpositionOptions['self'] = sampleSelfMetrics(),
  exposure: Exposure = WHOLE_EXPOSURE,
): Exposition {
  return createExposition({
    view,
    self,
    exposure: () => exposure,
    onError: (error) => {
      throw error;
    },
  });
}

/** Metrics about a daemon without those that are different in each process. */
export function steadySelfMetrics(): SelfMetrics {
  return { ...sampleSelfMetrics(), processRegistry: new Registry() };
}

/** The plain body of a scrape. */
export async function scrapeBody(exposition: Exposition, format: FormatName): Promise<Buffer> {
  const { chunks } = await exposition.scrape({ accept: ACCEPT[format], acceptEncoding: undefined });
  return Buffer.concat(chunks);
}
