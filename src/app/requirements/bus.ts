import { inspectBus } from '../bus-inspection.ts';
import type { Requirement } from './requirement.ts';

/** A bus that takes what this exporter publishes. Without one, events wait in the history. */
export const bus: Requirement = {
  without: 'report',
  examine: ({ config, environment }) => inspectBus(config, environment),
};
