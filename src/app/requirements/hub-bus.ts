import { formatDuration } from '../../config/kind/duration.ts';
import type { Config } from '../../config/schema.ts';
import { inspectHubBus } from '../bus-inspection.ts';
import type { CheckResult, Requirement } from './requirement.ts';

/** A bus that a hub may read. Until there is one, the hub is not ready. */
export const hubBus: Requirement = {
  without: 'report',
  examine: async ({ config, environment }) => {
    if (!config.hub.enabled) return [];
    return [...seldomReports(config), ...(await inspectHubBus(config, environment))];
  },
};

/** Hosts report themselves with the heartbeat of their own configuration; ours shows what is usual in the fleet. */
function seldomReports({ bus: { heartbeatMs }, hub: { silentAfterMs } }: Config): CheckResult[] {
  if (heartbeatMs * 3 <= silentAfterMs) return [];
  const [heartbeat, silentAfter] = [formatDuration(heartbeatMs), formatDuration(silentAfterMs)];
  return [
    {
      subject: 'hub',
      verdict: 'note',
      message: `bus.heartbeat (${heartbeat}) is more than a third of hub.silent_after (${silentAfter}), so a host can count as silent although it is well`,
      cure: 'shorten bus.heartbeat, or lengthen hub.silent_after',
    },
  ];
}
