import { configSchema } from '../../../src/config/schema.ts';
import type { Exposure } from '../../../src/metrics/families/exposure.ts';

/** The default exposure. */
export const DEFAULT_EXPOSURE: Exposure = configSchema.parse({});

/** Every level, and as much as there is. */
export const WHOLE_EXPOSURE: Exposure = exposureOf(
  { window: true, pane: true, client: true, paneProcess: true },
  {
    sessions: Number.POSITIVE_INFINITY,
    windows: Number.POSITIVE_INFINITY,
    panes: Number.POSITIVE_INFINITY,
    series: Number.POSITIVE_INFINITY,
  },
);

/** The default exposure, with these changes. */
export function exposureOf(
  collector: Partial<Exposure['collector']>,
  limits: Partial<Exposure['limits']> = {},
): Exposure {
  return {
    collector: { ...DEFAULT_EXPOSURE.collector, ...collector },
    limits: { ...DEFAULT_EXPOSURE.limits, ...limits },
  };
}
