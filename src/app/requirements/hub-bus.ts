import { inspectHubBus } from '../bus-inspection.ts';
import type { Requirement } from './requirement.ts';

/** A bus that a hub may read. Until there is one, the hub is not ready. */
export const hubBus: Requirement = {
  without: 'report',
  examine: async ({ config, environment }) => (config.hub.enabled ? inspectHubBus(config, environment) : []),
};
